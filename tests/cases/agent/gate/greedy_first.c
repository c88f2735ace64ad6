/* SPDX-License-Identifier: Apache-2.0 */
/* Loads FOLDER's 0.so, 1.so and so on, copies of greedy.c's, until there is no room for one more. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void take_all(void)
{
	char path[4096];

	for (int i = 0;; i++) {
		snprintf(path, sizeof(path), "%s/%d.so", getenv("FOLDER"), i);
		if (!dlopen(path, RTLD_NOW))
			break;
	}
}
