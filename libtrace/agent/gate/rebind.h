/* SPDX-License-Identifier: Apache-2.0 */
/* rebind.h - rebinds objects that bypass the gate by RTLD_DEEPBIND. */
#ifndef LT_AGENT_REBIND_H
#define LT_AGENT_REBIND_H

/** Redirects the imports of objects first to end - 1, in load order, to the gate, where they would
 * lead without RTLD_DEEPBIND. They must be relocated.  Threads: any. */
void rebind_objects(unsigned first, unsigned end);

#endif
