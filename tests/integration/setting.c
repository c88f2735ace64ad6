/* SPDX-License-Identifier: Apache-2.0 */
/* setting.c - prints the value that libtrace reads from a variable. */
#include "util/config.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct lt_slice value = argc == 2 ? lt_config_text(argv[1]) : lt_slice(NULL);
	printf("%.*s\n", value.ptr ? (int)value.len : 5, value.ptr ? value.ptr : "unset");
	return 0;
}
