// SPDX-License-Identifier: Apache-2.0
/* Compiled for another C library. */
#include <stdio.h>

int main(void)
{
	puts("hello");
	return 5;
}
