/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c - the current span of a thread: the list of scopes that it has entered.
 *
 * A scope that is not left (early return, longjmp, exception, pthread_exit) leaves its struct in a
 * stack frame that no longer exists.  So the list is in memory of our own, and the frame's content
 * is never trusted.  It is read only to detect that a scope is gone, and only where reading is
 * safe: on the thread's own stack, above the stack pointer.  On any other stack (of a coroutine, of
 * a signal handler) a scope stays until it or an outer one is left, or its thread ends.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/context/ */
#include "trace/span.h"
#include "trace/values.h"
#include "util/thread.h"

#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#define CHUNK_ENTRIES 16
#define DEPTH_MAX 1024 /* scopes on a thread: more were never left, which goes undetected */
/* Of the main thread's stack, which grows; nothing else is mapped within 128 MiB of its
 * start.  Source: Linux, arch/x86/mm/mmap.c, mmap_base() */
#define MAIN_STACK_BYTES (64 * 1024 * 1024)

struct lt_scope_entry {
	struct lt_scope_entry *outer; /* or the next spare one */
	struct lt_span *span;	      /* held; NULL: no span is current */
	struct lt_values *values;     /* held; NULL: none, also in a spare one */
	const struct lt_scope *scope;
	/* Odd: entered, even: left or spare.  The only field that other threads access. */
	_Atomic uint64_t use;
};

/* Never freed, so that a scope that is left on another thread points to valid memory. */
struct chunk {
	struct chunk *next;
	struct lt_scope_entry entries[CHUNK_ENTRIES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct chunk *chunks;
static struct lt_scope_entry *spares; /* of threads that have ended */

static pthread_key_t exit_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void leave_innermost(void);

/* --- entries ------------------------------------------------------------------------------ */

static void push(struct lt_scope_entry **list, struct lt_scope_entry *entry)
{
	entry->outer = *list;
	*list = entry;
}

static struct lt_scope_entry *pop(struct lt_scope_entry **list)
{
	struct lt_scope_entry *entry = *list;
	if (entry)
		*list = entry->outer;
	return entry;
}

static void on_thread_exit(void *unused)
{
	while (lt_thread.scope)
		leave_innermost();
	pthread_mutex_lock(&lock);
	for (struct lt_scope_entry *entry; (entry = pop(&lt_thread.spare_scopes));)
		push(&spares, entry);
	pthread_mutex_unlock(&lock);
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static void init(void)
{
	pthread_key_create(&exit_key, on_thread_exit);
	pthread_atfork(before_fork, after_fork, after_fork);
}

/* The bounds of this thread's stack; unknown: no address is taken to be on it. */
static void find_stack(void)
{
	pthread_attr_t attr;
	void *start;
	size_t size;
	if (getpid() == gettid()) { /* pthread_getattr_np would read all of /proc/self/maps */
		uintptr_t end = getauxval(AT_EXECFN);
		if (end > MAIN_STACK_BYTES) {
			lt_thread.stack_start = end - MAIN_STACK_BYTES;
			lt_thread.stack_bytes = MAIN_STACK_BYTES;
		}
	} else if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		if (pthread_attr_getstack(&attr, &start, &size) == 0) {
			lt_thread.stack_start = (uintptr_t)start;
			lt_thread.stack_bytes = size;
		}
		pthread_attr_destroy(&attr);
	}
}

/* A spare entry of this thread; NULL when out of memory. */
static struct lt_scope_entry *refill(void)
{
	pthread_once(&once, init);
	if (pthread_setspecific(exit_key, &lt_thread) != 0)
		return NULL;
	if (lt_thread.stack_bytes == 0)
		find_stack();
	pthread_mutex_lock(&lock);
	if (!spares) {
		struct chunk *chunk = calloc(1, sizeof(*chunk));
		for (int i = 0; chunk && i < CHUNK_ENTRIES; i++)
			push(&spares, &chunk->entries[i]);
		if (chunk) {
			chunk->next = chunks;
			chunks = chunk;
		}
	}
	struct lt_scope_entry *entry = pop(&spares);
	for (int i = 1; i < CHUNK_ENTRIES && spares; i++)
		push(&lt_thread.spare_scopes, pop(&spares));
	pthread_mutex_unlock(&lock);
	return entry;
}

static bool is_entry(const struct lt_scope_entry *entry)
{
	bool is_one = false;
	pthread_mutex_lock(&lock);
	for (const struct chunk *chunk = chunks; chunk && !is_one; chunk = chunk->next) {
		uintptr_t offset = (uintptr_t)entry - (uintptr_t)chunk->entries;
		is_one = offset < sizeof(chunk->entries) && offset % sizeof(*entry) == 0;
	}
	pthread_mutex_unlock(&lock);
	return is_one;
}

/* --- scopes that are gone ----------------------------------------------------------------- */

static bool is_on_stack(uintptr_t address)
{
	return address - lt_thread.stack_start < lt_thread.stack_bytes;
}

/* Whether the frame still contains the scope's struct.  Its function may have returned. */
__attribute__((no_sanitize("address", "thread"))) static bool is_intact(
	const struct lt_scope_entry *entry, uint64_t use)
{
	const volatile struct lt_scope *scope = entry->scope;
	return scope->entry == entry && scope->use == use;
}

/* Whether a scope may still exist, judged from a frame of this thread. */
static inline bool may_be_there(const struct lt_scope_entry *entry, uintptr_t frame)
{
	uint64_t use = atomic_load_explicit(&entry->use, memory_order_relaxed);
	if (!(use & 1)) /* left, by another thread */
		return false;
	uintptr_t at = (uintptr_t)entry->scope;
	if (!is_on_stack(frame) || !is_on_stack(at))
		return true;
	return at >= frame && is_intact(entry, use);
}

/* In a function of its own, called last: most scopes have none. */
__attribute__((noinline)) static void release_valued(
	struct lt_scope_entry *entry, struct lt_span *span)
{
	struct lt_values *values = entry->values;
	if (values) {
		entry->values = NULL;
		lt_thread.n_valued--;
		lt_values_release(values);
	}
	lt_span_release(span);
}

static void leave_innermost(void)
{
	struct lt_scope_entry *entry = pop(&lt_thread.scope);
	struct lt_span *span = entry->span;
	uint64_t use = atomic_load_explicit(&entry->use, memory_order_relaxed);
	atomic_store_explicit(&entry->use, (use | 1) + 1, memory_order_relaxed);
	push(&lt_thread.spare_scopes, entry);
	lt_thread.n_scopes--;
	if (__builtin_expect(lt_thread.n_valued != 0, 0)) {
		release_valued(entry, span);
		return;
	}
	lt_span_release(span); /* last: it may call the program's own exporter */
}

/* Not inlined: its frame must be below the caller's. */
#define FRAME_OF_ITS_OWN __attribute__((noinline))
#define ALWAYS __attribute__((always_inline)) /* two callers, and each call counts */

/* --- the interface ------------------------------------------------------------------------ */

/* Leaves what is gone, as seen from a frame, and what this scope was entered for before. */
ALWAYS static inline void leave_gone(const struct lt_scope *scope, uintptr_t frame)
{
	while (lt_thread.scope &&
		(lt_thread.scope->scope == scope || !may_be_there(lt_thread.scope, frame)))
		leave_innermost();
	if (lt_thread.n_scopes == DEPTH_MAX)
		while (lt_thread.scope)
			leave_innermost();
}

ALWAYS static inline void enter(
	struct lt_scope *scope, struct lt_span *span, struct lt_values *values)
{
	struct lt_scope_entry *entry = pop(&lt_thread.spare_scopes);
	if (!entry)
		entry = refill();
	scope->entry = entry;
	if (!entry)
		return;
	uint64_t use = atomic_load_explicit(&entry->use, memory_order_relaxed) + 1;
	atomic_store_explicit(&entry->use, use, memory_order_relaxed);
	scope->use = use;
	entry->scope = scope;
	entry->span = lt_span_keep(span);
	if (__builtin_expect(values != NULL, 0)) {
		entry->values = lt_values_hold(values);
		lt_thread.n_valued++;
	}
	push(&lt_thread.scope, entry);
	lt_thread.n_scopes++;
}

__attribute__((noinline)) static void enter_valued(
	struct lt_scope *scope, struct lt_span *span, struct lt_values *values)
{
	enter(scope, span, values);
}

/* What is current beside the span stays so; in a callback, where nothing is, what the span was
 * started under is again. */
static inline struct lt_values *values_for(const struct lt_span *handle)
{
	if (lt_thread.scope && lt_thread.scope->values)
		return lt_thread.scope->values;
	return lt_span_values(handle);
}

FRAME_OF_ITS_OWN void lt_scope_enter(struct lt_scope *scope, struct lt_span *span)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	if (!scope)
		return;
	leave_gone(scope, frame);
	if (__builtin_expect(lt_thread.n_valued != 0 || lt_span_has_values(span), 0))
		enter_valued(scope, span, values_for(span));
	else
		enter(scope, span, NULL);
}

FRAME_OF_ITS_OWN void lt_scope_enter_values(
	struct lt_scope *scope, struct lt_span *span, struct lt_values *values)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	if (!scope)
		return;
	leave_gone(scope, frame);
	enter_valued(scope, span, values);
}

static bool is_entered(const struct lt_scope *scope)
{
	for (const struct lt_scope_entry *entry = lt_thread.scope; entry; entry = entry->outer) {
		if (entry->scope == scope)
			return scope->entry == entry;
	}
	return false;
}

/* Left already, or on another thread, which will find it left. */
static void leave_elsewhere(const struct lt_scope *scope)
{
	uint64_t use = scope->use;
	if (scope->entry && (use & 1) && is_entry(scope->entry))
		atomic_compare_exchange_strong(&scope->entry->use, &use, use + 1);
}

void lt_scope_leave(struct lt_scope *scope)
{
	if (!scope)
		return;
	struct lt_scope_entry *innermost = lt_thread.scope;
	if (innermost && innermost->scope == scope && scope->entry == innermost) {
		leave_innermost();
	} else if (is_entered(scope)) {
		struct lt_scope_entry *left;
		do {
			left = lt_thread.scope;
			leave_innermost();
		} while (left != scope->entry);
	} else {
		leave_elsewhere(scope);
	}
	scope->entry = NULL;
}

FRAME_OF_ITS_OWN struct lt_span *lt_span_current(void)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	while (lt_thread.scope && !may_be_there(lt_thread.scope, frame))
		leave_innermost();
	return lt_thread.scope ? lt_thread.scope->span : NULL;
}

FRAME_OF_ITS_OWN struct lt_values *lt_scope_values(void)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	while (lt_thread.scope && !may_be_there(lt_thread.scope, frame))
		leave_innermost();
	return lt_thread.scope ? lt_thread.scope->values : NULL;
}
