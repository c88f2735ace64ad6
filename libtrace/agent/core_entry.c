/* SPDX-License-Identifier: Apache-2.0 */
/* core_entry.c - what the gate finds in the core. */
#include "gate/gate.h"
#include "gate/wrapped.h"
#include "hook/hook.h"
#include "hook_curl/curl_functions.h"
#include <string.h>

/* Under names of their own here, since libcurl's header declares some of them. */
#define X(name)                                                                                    \
	extern void wrapper_##name(void) __asm__(#name) __attribute__((visibility("hidden")));
WRAPPED_FUNCTIONS(X)
#undef X

static const char *const names[] = {
#define X(name) #name,
	WRAPPED_FUNCTIONS(X)
#undef X
};

static void *const wrappers[] = {
#define X(name) (void *)(uintptr_t)&wrapper_##name,
	WRAPPED_FUNCTIONS(X)
#undef X
};

static uintptr_t bound_word(void)
{
	return (uintptr_t)&hook_bound;
}

/* libh2o's functions are not looked up by name: only libh2o calls the wrapped ones. */
static int library_of(unsigned wrapped, const void *function)
{
	return strncmp(names[wrapped], "curl_", 5) == 0
		       ? hook_library_number(&curl_family, function)
		       : -1;
}

__attribute__((visibility("default"))) extern const struct gate_core lt_agent_core;
const struct gate_core lt_agent_core = {
	.version = GATE_VERSION,
	.n_wrappers = WRAPPED_COUNT,
	.wrappers = wrappers,
	.start = hook_start,
	.bound_word = bound_word,
	.library_of = library_of,
};
