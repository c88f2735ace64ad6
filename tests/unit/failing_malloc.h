/* SPDX-License-Identifier: Apache-2.0 */
/* failing_malloc.h - runs a scenario with the first allocation failing, then with the second, and so
 * on until one run meets no failure.  Whatever fails, nothing may leak; what else must hold, the
 * scenario asserts.
 *
 * It replaces the program's malloc, so one file of a program includes it.  AddressSanitizer's is
 * behind it where that is a library; its own strdup() and the like do not fail, and are not counted,
 * so what leaks is for LeakSanitizer to find.  ThreadSanitizer's build has no sweep.
 */
#ifndef FAILING_MALLOC_H
#define FAILING_MALLOC_H

#include "check_main.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_THREAD__)
#define CAN_FAIL_MALLOC 1

#ifdef __SANITIZE_ADDRESS__
#define REAL(function) __interceptor_##function
#define IS_ASAN true
#else
#define REAL(function) __libc_##function
#define IS_ASAN false
#endif

#define SWEEP_MAX 20000 /* allocations of a scenario: more are a loop that does not end */

#define EXPORTED __attribute__((visibility("default"))) /* for the libraries' calls */

static atomic_long allocations_left = -1; /* until one fails; negative: none does */
static atomic_long n_live_allocations;

extern void *REAL(malloc)(size_t size);
extern void *REAL(calloc)(size_t n, size_t size);
extern void *REAL(realloc)(void *memory, size_t size);
extern void *REAL(memalign)(size_t alignment, size_t size);
extern void REAL(free)(void *memory);

static bool fails(void)
{
	if (atomic_load(&allocations_left) < 0 || atomic_fetch_sub(&allocations_left, 1) != 1)
		return false;
	errno = ENOMEM;
	return true;
}

static void *counted(void *memory)
{
	if (memory)
		atomic_fetch_add(&n_live_allocations, 1);
	return memory;
}

EXPORTED void *malloc(size_t size)
{
	return fails() ? NULL : counted(REAL(malloc)(size));
}

EXPORTED void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(REAL(calloc)(n, size));
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : counted(REAL(memalign)(alignment, size));
}

EXPORTED void free(void *memory)
{
	if (memory)
		atomic_fetch_sub(&n_live_allocations, 1);
	REAL(free)(memory);
}

EXPORTED void *realloc(void *memory, size_t size)
{
	if (!memory)
		return malloc(size);
	if (size == 0) {
		free(memory);
		return NULL;
	}
	return fails() ? NULL : REAL(realloc)(memory, size);
}

/* The scenario has a thread of its own, so that each run starts with empty per-thread caches. */
struct sweep_run {
	void (*scenario)(void);
	long n; /* the allocation that fails; negative: none */
	bool has_failed;
};

static void *sweep_run(void *arg)
{
	struct sweep_run *run = arg;
	atomic_store(&allocations_left, run->n);
	run->scenario();
	run->has_failed = run->n >= 0 && atomic_exchange(&allocations_left, -1) <= 0;
	return NULL;
}

/* Returns whether an allocation failed. */
static bool sweep_once(void (*scenario)(void), long n)
{
	struct sweep_run run = {scenario, n, false};
	pthread_t thread;
	int err = pthread_create(&thread, NULL, sweep_run, &run);
	if (err == 0)
		pthread_join(thread, NULL);
	ck_assert_int_eq(err, 0); /* allocates, thus not while the scenario runs */
	return run.has_failed;
}

/* An assertion in a scenario: libcheck allocates too, and must not fail. */
#define CHECKED(assertion)                                                                         \
	do {                                                                                       \
		long checked_left = atomic_exchange(&allocations_left, -1);                        \
		assertion;                                                                         \
		atomic_store(&allocations_left, checked_left);                                     \
	} while (0)

/* Every stride-th allocation fails in turn, the last run without one; returns how many runs failed. */
static inline long sweep_by(void (*scenario)(void), long stride)
{
	long n_runs = 0;
	sweep_once(scenario, -1); /* what is made once and kept is there now */
	sweep_once(scenario, -1);
	for (long n = 1; n < SWEEP_MAX; n += stride) {
		long n_live = atomic_load(&n_live_allocations);
		if (!sweep_once(scenario, n))
			return n_runs;
		n_runs++;
		ck_assert_msg(IS_ASAN || atomic_load(&n_live_allocations) <= n_live,
			"%ld allocations leak when allocation %ld fails",
			atomic_load(&n_live_allocations) - n_live, n);
	}
	ck_abort_msg("more than %d allocations", SWEEP_MAX);
	return n_runs;
}

static inline long sweep(void (*scenario)(void))
{
	return sweep_by(scenario, 1);
}

#endif
#endif
