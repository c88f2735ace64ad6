/* SPDX-License-Identifier: Apache-2.0 */
/* span_pool.c - blocks for spans: a magazine per thread, and a shared depot of magazines.
 *
 * Most spans start on one thread and are recycled on another, so blocks have to travel.  They do so
 * by the magazine: one short lock for MAGAZINE_SPANS of them.  A thread that starts a span only
 * tries that lock and never waits for it.  The list of free blocks is beside them, not in them:
 * recycling a span writes to no memory that the next one will use.
 *
 * Two threads that start spans while the exporter's recycles them take 150 ns of wall time a span;
 * with one list under one lock (span_pool_plain.c) 450 to 670 ns, since they wait for each
 * other. */
#include "trace/span.h"
#include "trace/span_slab.h"
#include "util/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define MAGAZINE_SPANS 32
#define FULL_MAX 64 /* kept in the depot: 64 * 32 blocks are 4 MiB, the default queue's worth */

struct lt_magazine {
	struct lt_magazine *next; /* in the depot */
	bool is_from_malloc;	  /* not of lt_slab_alloc_wiped */
	unsigned n;
	struct lt_span *spans[MAGAZINE_SPANS];
};

static pthread_mutex_t depot_lock = PTHREAD_MUTEX_INITIALIZER; /* never held across a call */
static struct lt_magazine *full, *empty;
static unsigned n_full;

static pthread_key_t exit_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct lt_magazine *pop(struct lt_magazine **list)
{
	struct lt_magazine *magazine = *list;
	if (magazine)
		*list = magazine->next;
	return magazine;
}

static void push(struct lt_magazine **list, struct lt_magazine *magazine)
{
	magazine->next = *list;
	*list = magazine;
}

/* A child by raw clone() must not use its parent's blocks of the slab, which are in both: it finds its
 * magazines empty. */
static struct lt_magazine *new_magazine(void)
{
	struct lt_magazine *magazine = NULL;
#ifndef __SANITIZE_ADDRESS__ /* which would take the blocks for leaks */
	if (lt_slab_is_own)
		magazine = lt_slab_alloc_wiped(sizeof(*magazine));
#endif
	if (!magazine && (magazine = calloc(1, sizeof(*magazine))))
		magazine->is_from_malloc = true;
	return magazine;
}

static void free_magazine(struct lt_magazine *magazine)
{
	if (magazine->is_from_malloc)
		free(magazine);
	else
		munmap(magazine, sizeof(*magazine));
}

static void free_spans(struct lt_magazine *magazine)
{
	while (magazine->n)
		lt_span_block_free(magazine->spans[--magazine->n]);
}

static void on_thread_exit(void *unused)
{
	if (lt_thread.magazine) {
		free_spans(lt_thread.magazine);
		free_magazine(lt_thread.magazine);
	}
	lt_thread.magazine = NULL; /* a later destructor may still start spans */
}

static void before_fork(void)
{
	pthread_mutex_lock(&depot_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&depot_lock);
}

static void init(void)
{
	pthread_key_create(&exit_key, on_thread_exit);
	pthread_atfork(before_fork, after_fork, after_fork);
}

void lt_span_pool_init(void)
{
	pthread_once(&once, init);
}

/* Other threads' magazines are gone with them. */
void lt_span_pool_forget(void)
{
	if (lt_thread.magazine)
		lt_thread.magazine->n = 0;
	full = NULL;
	n_full = 0;
}

/* This thread's magazine, made if it has none; NULL without memory. */
static struct lt_magazine *own_magazine(void)
{
	if (lt_thread.magazine)
		return lt_thread.magazine;
	lt_span_pool_init();
	lt_thread.magazine = new_magazine();
	if (lt_thread.magazine)
		pthread_setspecific(exit_key, &lt_thread);
	return lt_thread.magazine;
}

/* --- out ---------------------------------------------------------------------------------- */

/* A full one for this empty one; the same if there is none, or somebody else is at the depot. */
static struct lt_magazine *change_for_full(struct lt_magazine *magazine)
{
	if (pthread_mutex_trylock(&depot_lock) != 0)
		return magazine;
	if (full) {
		push(&empty, magazine);
		magazine = pop(&full);
		n_full--;
	}
	pthread_mutex_unlock(&depot_lock);
	return magazine;
}

/* Not inlined, as put_into_another() below, so that the usual case saves no registers. */
__attribute__((noinline)) static struct lt_span *refill(void)
{
	struct lt_magazine *magazine = own_magazine();
	if (magazine) {
		magazine = lt_thread.magazine = change_for_full(magazine);
		if (!magazine->n)
			magazine->n = (unsigned)lt_slab_get_blocks(magazine->spans, MAGAZINE_SPANS);
		if (magazine->n)
			return magazine->spans[--magazine->n];
	}
	return lt_span_block_new();
}

struct lt_span *lt_span_pool_get(void)
{
	struct lt_magazine *magazine = lt_thread.magazine;
	if (!magazine || !magazine->n)
		return refill();
	return magazine->spans[--magazine->n];
}

void lt_span_pool_prefetch(void)
{
	enum { LINE_BYTES = 64 };
	const struct lt_magazine *magazine = lt_thread.magazine;
	if (!magazine || !magazine->n)
		return;
	const char *next = (const char *)magazine->spans[magazine->n - 1];
	const char *end = next + lt_thread.span_bytes;
	for (; next < end; next += 4 * LINE_BYTES) { /* a line too many does no harm */
		__builtin_prefetch(next, 1);
		__builtin_prefetch(next + LINE_BYTES, 1);
		__builtin_prefetch(next + 2 * LINE_BYTES, 1);
		__builtin_prefetch(next + 3 * LINE_BYTES, 1);
	}
}

/* --- back --------------------------------------------------------------------------------- */

/* One with room for this full one, whose blocks are freed when the depot has enough. */
static struct lt_magazine *change_for_room(struct lt_magazine *magazine)
{
	struct lt_magazine *other = NULL;
	pthread_mutex_lock(&depot_lock);
	if (n_full < FULL_MAX && (other = pop(&empty))) {
		push(&full, magazine);
		n_full++;
	}
	bool is_wanted = n_full < FULL_MAX;
	pthread_mutex_unlock(&depot_lock);
	if (other)
		return other;

	other = is_wanted ? new_magazine() : NULL;
	if (!other) {
		free_spans(magazine);
		return magazine;
	}
	pthread_mutex_lock(&depot_lock);
	push(&full, magazine);
	n_full++;
	pthread_mutex_unlock(&depot_lock);
	return other;
}

__attribute__((noinline)) static void put_into_another(struct lt_span *span)
{
	struct lt_magazine *magazine = own_magazine();
	if (!magazine) {
		lt_span_block_free(span);
		return;
	}
	if (magazine->n == MAGAZINE_SPANS)
		magazine = lt_thread.magazine = change_for_room(magazine);
	magazine->spans[magazine->n++] = span;
}

void lt_span_pool_put(struct lt_span *span)
{
	if (__builtin_expect(lt_span_is_out_of_place(span), 0)) {
		lt_span_block_free(span);
		return;
	}
	struct lt_magazine *magazine = lt_thread.magazine;
	if (!magazine || magazine->n == MAGAZINE_SPANS)
		put_into_another(span);
	else
		magazine->spans[magazine->n++] = span;
}
