/* SPDX-License-Identifier: Apache-2.0 */
/* rebind.h - rebinds objects that bypass the gate by RTLD_DEEPBIND. */
#ifndef LT_AGENT_REBIND_H
#define LT_AGENT_REBIND_H

#include <stdbool.h>
#include <stdint.h>

/** Redirects the imports of objects first to end - 1, in load order, to the gate, where they would
 * lead without RTLD_DEEPBIND. They must be relocated: to be so, as long as the count of unloaded
 * objects is n_unloaded.  Once one more is unloaded, another may have its index, which another thread
 * is relocating.
 * @return false: it is, and nothing was done.  Threads: any. */
bool rebind_objects(unsigned first, unsigned end, uint64_t n_unloaded);

#endif
