/* SPDX-License-Identifier: Apache-2.0 */
/* wrapped.h - the functions that the agent wraps, as the hooks' tables list them.
 *
 * The gate exports each by its name, and the core contains the wrapper that it jumps to.  Also read
 * by the assembler. */
#ifndef LT_AGENT_WRAPPED_H
#define LT_AGENT_WRAPPED_H

#define BOUND_LIBRARIES_MAX 8 /* libraries that dlsym can hand out wrapped functions of */

#ifndef __ASSEMBLER__
#include <stdbool.h>

/* All of them, and which are a hook's: from WRAPPED_FIRST_x to before WRAPPED_END_x.  Those two take
 * no number of their own. */
enum wrapped {
#define HOOK(id, ...) WRAPPED_FIRST_##id, WRAPPED_BEFORE_##id = WRAPPED_FIRST_##id - 1,
#define HOOK_WRAPS(id, name) WRAPPED_##name,
#define HOOK_END(id) WRAPPED_END_##id, WRAPPED_LAST_##id = WRAPPED_END_##id - 1,
#include <hook_tables.h>
	WRAPPED_COUNT
};

extern const char *const wrapped_names[WRAPPED_COUNT];

/** The number of a wrapped function; WRAPPED_COUNT: that name is not wrapped. */
unsigned wrapped_find(const char *name);

/** Whether a wrapped function is one of every process, the same for all callers. */
bool wrapped_is_everywhere(unsigned wrapped);
#endif

#endif
