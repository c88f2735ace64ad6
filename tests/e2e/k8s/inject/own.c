/* SPDX-License-Identifier: Apache-2.0 */
/* own.c - what an image preloads for purposes of its own: it shows that it is there. */
#include <unistd.h>

__attribute__((constructor)) static void show(void)
{
	static const char text[] = "own.so is there\n";
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
}
