/* SPDX-License-Identifier: Apache-2.0 */
/* real.h - the functions that the gate stands in front of, and libc's, wherever they are.
 *
 * The gate is linked with nothing, so that every dynamic linker can load it: what it calls it looks
 * up among the loaded objects, behind every copy of the agent.
 */
#ifndef LT_AGENT_REAL_H
#define LT_AGENT_REAL_H

#include "gate/gate.h"
#include <stdbool.h>

/* Set apart from all that dlopen may bring: present in every gate, ours or another's. */
#define GATE_MARK "lt_agent_gate"

/** The dynamic linker's interface; false: the process has none. */
bool real_dynamic_linker(struct dynamic_linker *ret_linker);

/** The first function or variable of that name behind this gate in the order of loading; NULL:
 * none. */
void *real_symbol(const char *name);

/** How many objects there define that name. */
unsigned real_count(const char *name);

/** What the object at caller would find by that name were there no agent; NULL: nothing. */
void *real_in_scope(const char *name, uintptr_t caller);

/** The same; where there is nothing, any loaded object's. */
void *real_find(const char *name, uintptr_t caller);

/** This thread's errno, or a place of no meaning where there is none. */
int *real_errno(void);

/** Whether an address is a gate's. */
bool real_is_gate(uintptr_t address);

#endif
