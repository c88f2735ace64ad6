/* SPDX-License-Identifier: Apache-2.0 */
/* container.h - what kind of first process there is, judging by /proc; where that says nothing, the
 * system's own.
 */
#ifndef LT_INSTRUMENT_CONTAINER_H
#define LT_INSTRUMENT_CONTAINER_H

#include <stdbool.h>

/** Whether this process is in another PID namespace than the system's, whose processes all end with
 * the first one. */
bool container_is_entered(void);

/** Whether the container's first process seems never to reap orphans, as `sleep infinity` does not: each
 * would stay as a zombie. */
bool container_keeps_zombies(void);

#endif
