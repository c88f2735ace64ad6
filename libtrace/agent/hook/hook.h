/* SPDX-License-Identifier: Apache-2.0 */
/* hook.h - finds the library that a wrapped call is meant for.
 *
 * A process may contain several libcurls (the program's, a plugin's with another TLS library, the
 * exporter's own), and each must get the calls of its own callers.  So a call is resolved by the
 * calling object: for the main program the next definition after the agent in the global scope, for
 * any other object its own dependencies first.  A call from the library itself (curl_easy_perform
 * calls curl_multi_add_handle through its PLT) is not a call of the program. */
#ifndef LT_AGENT_HOOK_H
#define LT_AGENT_HOOK_H

#include "gate/gate.h"
#include "gate/wrapped.h"
#include "hook/index.h"
#include <libtrace/trace.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_LIBRARIES_MAX BOUND_LIBRARIES_MAX /* of one family; the calls of more pass through */
#define HOOK_CALLERS_MAX 64		       /* calling objects kept; the oldest make room */

/* One loaded library of a family. */
struct hook_library {
	uintptr_t start, end;	   /* where it is mapped */
	char soname[64];	   /* "" when it has none */
	atomic_int verdict;	   /* for the family's own use; 0 at first */
	bool passes;		   /* calls are only passed on; it may be unloaded */
	struct hook_library *next; /* of those that pass */
	void *symbols[];	   /* in the family's order; NULL: not in this version */
};

/* The functions of all tables, and which are a hook's: from HOOK_FIRST_x to before HOOK_END_x. */
enum hook_symbol {
#define HOOK(id, ...) HOOK_FIRST_##id, HOOK_BEFORE_##id = HOOK_FIRST_##id - 1,
#define HOOK_WRAPS(id, name) HOOK_SYMBOL_##name,
#define HOOK_CALLS(id, name) HOOK_SYMBOL_##name,
#define HOOK_END(id) HOOK_END_##id, HOOK_LAST_##id = HOOK_END_##id - 1,
#include <hook_tables.h>
};

/* The library's own function of that name, of the type of its declaration. */
#define HOOK_REAL(id, library, name)                                                               \
	((__typeof__(name) *)(uintptr_t)(library)->symbols[HOOK_SYMBOL_##name - HOOK_FIRST_##id])

/* A calling object; valid while its generation is the gate's, since it may be unloaded and another
 * mapped in its place.  Read without a lock: the generation is checked before and after. */
struct hook_caller {
	_Atomic uint64_t generation; /* HOOK_UNUSED, HOOK_BUSY: being written, or the gate's */
	_Atomic uintptr_t start, end;
	_Atomic(struct hook_library *) target;
};

#define HOOK_UNUSED 0
#define HOOK_BUSY UINT64_MAX

/* What one hook's table lists, and its state. */
struct hook_family {
	const char *const *names; /* the first one is in every version of the library */
	size_t n_names;
	bool calls_itself;   /* and just these calls are what the agent is for */
	const char *library; /* "libcurl" */
	/* Written by the agent's constructor.  NULL: switched off, or out of memory, and calls are
	 * only passed on. */
	struct lt_tracer *tracer;
	size_t setting; /* index of the word of its HOOK_SETTING, 0 without one */
	/* Kept loaded from the first call on, since their functions may be called at any time. */
	_Atomic(struct hook_library *) libraries[HOOK_LIBRARIES_MAX];
	_Atomic(struct hook_library *) passing; /* newest first; one per such library */
	struct hook_caller callers[HOOK_CALLERS_MAX];
	atomic_size_t n_callers; /* that were ever used */
	atomic_size_t n_replaced;
};

struct hook_call {
	struct hook_library *target; /* NULL: none; the wrapper must fail as the library would */
	bool internal;		     /* the library calls itself, or calls are only passed on */
};

/* struct hook_family x_family, of each table. */
#define HOOK(id, ...) extern struct hook_family id##_family;
#include <hook_tables.h>

extern struct hook_family *const hook_families[HOOK_COUNT];

/** Called by the gate, before any wrapper. */
void hook_start(struct gate *gate);

extern struct gate *hook_gate;

/* Set to the library's number, from 1, by the function that dlsym returned for a library's handle,
 * and reset by the wrapper that it calls. */
extern __thread unsigned hook_bound;

/** The number, from 0, of the library that contains this function; -1: not a traced one. */
int hook_library_number(struct hook_family *family, const void *function);

/** Slow path of hook_call(). */
struct hook_call hook_resolve(struct hook_family *family, uintptr_t caller);

static inline struct hook_call hook_call_of(struct hook_library *target, uintptr_t address)
{
	return (struct hook_call){
		target, target->passes || (address >= target->start && address < target->end)};
}

/* The library that a known caller calls; NULL: it is another, or out of date. */
static inline struct hook_library *hook_known(
	struct hook_caller *known, uintptr_t address, uint64_t now)
{
	if (atomic_load_explicit(&known->generation, memory_order_acquire) != now ||
		address < atomic_load_explicit(&known->start, memory_order_acquire) ||
		address >= atomic_load_explicit(&known->end, memory_order_acquire))
		return NULL;
	struct hook_library *target = atomic_load_explicit(&known->target, memory_order_acquire);
	return atomic_load_explicit(&known->generation, memory_order_relaxed) == now ? target
										     : NULL;
}

/**
 * The library that a call is meant for; quickest for the first known caller, mostly the program.
 * @param caller  __builtin_return_address(0) of the wrapper
 * Threads: any; takes no lock but the dynamic linker's, on an object's first call and the first
 * after a dlclose.
 */
static inline struct hook_call hook_call(struct hook_family *family, const void *caller)
{
	uintptr_t address = (uintptr_t)caller;
	uint64_t now = atomic_load_explicit(&hook_gate->generation, memory_order_acquire);
	struct hook_library *target = hook_bound ? NULL : hook_known(family->callers, address, now);

	return target ? hook_call_of(target, address) : hook_resolve(family, address);
}

#endif
