/* SPDX-License-Identifier: Apache-2.0 */
/* core.h - loads the core, the agent proper, where there is something to trace. */
#ifndef LT_AGENT_CORE_H
#define LT_AGENT_CORE_H

#include <stdbool.h>

/** Loads the core if an object with index first or above is libtrace or a library
 * that is traced. */
void core_load_if_wanted(unsigned first);

/** Loads the core if it is needed at start, or records that it cannot be loaded. */
void core_start(void);

/** Loads it at the first call; whether it is loaded.  Threads: any. */
bool core_load(void);

/** Whether it is loaded. */
bool core_is_loaded(void);

/** Whether it is loaded or may still be. */
bool core_is_possible(void);

/** The function to call in place of a library's own; NULL: that one itself.  Only once the core is
 * loaded. */
void *core_bound(unsigned wrapped, void *real);

/** Objects have been unloaded: addresses that were looked up may be invalid. */
void core_forget(void);

/** The core's wrapper.  Only once the core is loaded. */
void *core_wrapper(unsigned wrapped);

#endif
