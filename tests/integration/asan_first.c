/* SPDX-License-Identifier: Apache-2.0 */
/* asan_first.c - preloaded into programs that do not have AddressSanitizer when the agent has it.
 *
 * Linked with -z initfirst, so that its constructor runs before all others and the sanitizer sets
 * itself up in the first intercepted call, here.  Otherwise that call may come from a constructor
 * that holds a lock of libc: libp11-kit's, in newlocale(), takes the locale lock, which the
 * sanitizer's dlerror() takes once more and leaves broken, and curl then waits for it for ever.
 */
#include <stdlib.h>

static void *volatile memory; /* or the compiler would see through it */

__attribute__((constructor)) static void be_first(void)
{
	memory = malloc(1);
	free(memory);
}
