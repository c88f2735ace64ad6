/* SPDX-License-Identifier: Apache-2.0 */
/* core_entry.c - what the gate finds in the core. */
#include "gate/gate.h"
#include "gate/wrapped.h"
#include "hook/hook.h"
#include <features.h>

/* Under names of their own here, since libcurl's header declares some of them. */
#define HOOK_WRAPS(id, name)                                                                       \
	extern void wrapper_##name(void) __asm__(#name) __attribute__((visibility("hidden")));
#include <hook_tables.h>

static void *const wrappers[] = {
#define HOOK_WRAPS(id, name) (void *)(uintptr_t)&wrapper_##name,
#include <hook_tables.h>
};

/* The hook of each. */
static const unsigned char hooks[] = {
#define HOOK_WRAPS(id, name) HOOK_##id,
#include <hook_tables.h>
};

static uintptr_t bound_word(void)
{
	return (uintptr_t)&hook_bound;
}

/* The functions of a library that calls them itself are not looked up by name. */
static int library_of(unsigned wrapped, const void *function)
{
	struct hook_family *family = hook_families[hooks[wrapped]];

	return family->calls_itself ? -1 : hook_library_number(family, function);
}

__attribute__((visibility("default"))) extern const struct gate_core lt_agent_core;
const struct gate_core lt_agent_core = {
	.version = GATE_VERSION,
	.n_wrappers = WRAPPED_COUNT,
	.wrappers = wrappers,
	.start = hook_start,
	.bound_word = bound_word,
#ifdef __GLIBC__ /* musl keeps no room for what is loaded later */
	.has_static_word = true,
#endif
	.library_of = library_of,
};
