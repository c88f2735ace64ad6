/* SPDX-License-Identifier: Apache-2.0 */
/* core.h - the agent proper, loaded where there is something to trace and it can be. */
#ifndef LT_AGENT_CORE_H
#define LT_AGENT_CORE_H

#include <stdbool.h>

/** Loads the core if objects from the first-th on hold what the agent traces: libcurl, libh2o or
 * libtrace. */
void core_load_if_wanted(unsigned first);

/** Loads the core where it is wanted from the start, and finds out where it cannot be. */
void core_start(void);

/** Loads it at the first call; whether it is there.  Threads: any. */
bool core_load(void);

/** Whether it is loaded or may still be. */
bool core_is_possible(void);

/** The function to be called for one of a library's own; NULL: that one itself.  Core loaded. */
void *core_bound(unsigned wrapped, void *real);

/** Objects have been unloaded: what was found by address may be another's now. */
void core_forget(void);

/** The core's function; once it is loaded. */
void *core_wrapper(unsigned wrapped);

#endif
