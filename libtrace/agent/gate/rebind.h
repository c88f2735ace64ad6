/* SPDX-License-Identifier: Apache-2.0 */
/* rebind.h - objects that were bound past the gate, by RTLD_DEEPBIND. */
#ifndef LT_AGENT_REBIND_H
#define LT_AGENT_REBIND_H

/** The wrapped function of that name; WRAPPED_COUNT: none. */
unsigned rebind_wrapped(const char *name);

/**
 * Leads the imports of objects first to end - 1, in the order of loading, to the gate where they
 * would lead but for RTLD_DEEPBIND.  They must be relocated; threads: any.
 */
void rebind_objects(unsigned first, unsigned end);

#endif
