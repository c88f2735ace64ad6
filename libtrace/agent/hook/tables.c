/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c - the hooks' tables as hook.h uses them. */
#include "hook/hook.h"

static const char *const names[] = {
#define HOOK_WRAPS(id, name) #name,
#define HOOK_CALLS(id, name) #name,
#include <hook_tables.h>
};

enum caller { PROGRAM, ITSELF };

#define HOOK(id, kind, soname, prefix, caller, ...)                                                \
	struct hook_family id##_family = {.names = &names[HOOK_FIRST_##id],                        \
		.n_names = HOOK_END_##id - HOOK_FIRST_##id,                                        \
		.calls_itself = (caller) == ITSELF,                                                \
		.library = soname};
#include <hook_tables.h>

struct hook_family *const hook_families[HOOK_COUNT] = {
#define HOOK(id, ...) &id##_family,
#include <hook_tables.h>
};
