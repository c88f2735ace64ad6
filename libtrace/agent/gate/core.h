/* SPDX-License-Identifier: Apache-2.0 */
/* core.h - the agent proper, loaded where there is something to trace and it can be. */
#ifndef LT_AGENT_CORE_H
#define LT_AGENT_CORE_H

#include <stdbool.h>

/** Whether the process has come to hold what the agent traces: libcurl, libh2o or libtrace. */
bool core_is_wanted(void);

/** Loads it at the first call; whether it is there.  Threads: any. */
bool core_load(void);

/** The core's function; once it is loaded. */
void *core_wrapper(unsigned wrapped);

#endif
