/* SPDX-License-Identifier: Apache-2.0 */
/* real.h - finds the functions that the gate wraps, and libc's.
 *
 * The gate is linked with nothing, so that every dynamic linker can load it: it looks up what it
 * calls in the loaded objects after every copy of the agent. */
#ifndef LT_AGENT_REAL_H
#define LT_AGENT_REAL_H

#include "gate/gate.h"
#include <stdbool.h>

/* A symbol that every gate defines, ours or another's, and nothing else. */
#define GATE_MARK "lt_agent_gate"

/** The dynamic linker's interface; false: the process has none. */
bool real_dynamic_linker(struct dynamic_linker *ret_linker);

/** The first function or variable of that name after this gate in load order; NULL: none. */
void *real_symbol(const char *name);

/** How many objects after this gate define that name. */
unsigned real_count(const char *name);

/** What the object at caller would find by that name without the agent; NULL: nothing. */
void *real_in_scope(const char *name, uintptr_t caller);

/** The same, else any loaded object's. */
void *real_find(const char *name, uintptr_t caller);

/** This thread's errno, or a dummy where there is none. */
int *real_errno(void);

/** Whether an address is inside a gate. */
bool real_is_gate(uintptr_t address);

#endif
