/* SPDX-License-Identifier: Apache-2.0 */
/* hook.h - which real library a wrapped call is meant for.
 *
 * A process may hold several libcurls (the program's, a plugin's with another TLS library, the
 * exporter's own), and each must get its own callers' calls.  So a call is resolved by the object
 * that makes it: the main program's by what follows the agent in the global scope, any other
 * object's by that object's own dependencies first.  A call that comes out of the library itself
 * (curl_easy_perform calls curl_multi_add_handle through its PLT) is no call of the program.
 */
#ifndef LT_AGENT_HOOK_H
#define LT_AGENT_HOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_MAX_SYMBOLS 32  /* per family */
#define HOOK_MAX_LIBRARIES 8 /* of one family in a process; the calls of a ninth fail */
#define HOOK_MAX_CALLERS 64  /* calling objects kept; calls of more are looked up each time */

/* One loaded library of a family.  Stays loaded from the first call on, and so does this. */
struct hook_library {
	uintptr_t start, end;		 /* where it is mapped */
	char soname[64];		 /* "" when it has none */
	atomic_int verdict;		 /* for the family's own use; 0 at first */
	void *symbols[HOOK_MAX_SYMBOLS]; /* in the family's order; NULL: not in this version */
};

struct hook_caller {
	uintptr_t start, end; /* the calling object */
	struct hook_library *target;
	atomic_bool ready; /* the three above are written */
};

/* The functions of one library that the agent wraps or calls.  Zero but for the names. */
struct hook_family {
	const char *const *names; /* the first one is in every version of the library */
	size_t n_names;
	_Atomic(struct hook_library *) libraries[HOOK_MAX_LIBRARIES];
	struct hook_caller callers[HOOK_MAX_CALLERS];
	atomic_size_t n_callers;
};

struct hook_call {
	struct hook_library *target; /* NULL: none; the wrapper must fail as the library would */
	bool internal;		     /* the library calls itself */
};

/** The slow way of hook_call(): asks the dynamic linker. */
struct hook_call hook_resolve(struct hook_family *family, uintptr_t caller);

/**
 * Which library a call goes to.
 * @param caller  __builtin_return_address(0) of the wrapper
 * Threads: any; takes no lock but the dynamic linker's, on an object's first call.
 */
static inline struct hook_call hook_call(struct hook_family *family, const void *caller)
{
	const uintptr_t address = (uintptr_t)caller;
	size_t n = atomic_load_explicit(&family->n_callers, memory_order_acquire);

	if (n > HOOK_MAX_CALLERS)
		n = HOOK_MAX_CALLERS;
	for (size_t i = 0; i < n; i++) {
		const struct hook_caller *known = &family->callers[i];
		if (!atomic_load_explicit(&known->ready, memory_order_acquire))
			continue;
		if (address >= known->start && address < known->end)
			return (struct hook_call){known->target,
				address >= known->target->start && address < known->target->end};
	}
	return hook_resolve(family, address);
}

#endif
