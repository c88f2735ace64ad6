/* SPDX-License-Identifier: Apache-2.0 */
/* span_pool.c - blocks for spans: a cache per thread, and a shared store of packs behind them.
 *
 * Spans are mostly started on one thread and recycled on another, so blocks have to travel.  They
 * do so by the pack: one short lock for PACK spans, and only ever tried on the way out, so a
 * thread that starts a span never waits here.
 */
#include "span.h"
#include "thread.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	PACK = 32,	/* blocks that change threads together */
	PACKS_MAX = 64, /* kept in the store: 64 * 32 * 2 KiB = 4 MiB, the default queue's worth */
};

static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER; /* never held across a call */
static struct lt_span *store;				       /* packs, by next_pack */
static unsigned n_store;

static pthread_key_t exit_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_blocks(struct lt_span *list)
{
	while (list) {
		struct lt_span *next = list->next;
		free(list);
		list = next;
	}
}

static void store_pack(struct lt_span *pack)
{
	pthread_mutex_lock(&store_lock);
	if (n_store < PACKS_MAX) {
		pack->next_pack = store;
		store = pack;
		n_store++;
		pack = NULL;
	}
	pthread_mutex_unlock(&store_lock);
	free_blocks(pack);
}

static struct lt_span *take_pack(void)
{
	if (pthread_mutex_trylock(&store_lock) != 0)
		return NULL;
	struct lt_span *pack = store;
	if (pack) {
		store = pack->next_pack;
		n_store--;
	}
	pthread_mutex_unlock(&store_lock);
	return pack;
}

static void on_thread_exit(void *unused)
{
	free_blocks(lt_thread.free_head);
	lt_thread.free_head = NULL;
	lt_thread.n_free = 0;
	lt_thread.registered = false; /* a later destructor may still start spans */
}

static void before_fork(void)
{
	pthread_mutex_lock(&store_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&store_lock);
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

static void register_thread(void)
{
	lt_span_pool_init();
	pthread_setspecific(exit_key, &lt_thread);
	lt_thread.registered = true;
}

static struct lt_span *refill(void)
{
	if (!lt_thread.registered)
		register_thread();
	struct lt_span *pack = take_pack();
	if (!pack)
		return malloc(LT_SPAN_BLOCK_BYTES);
	lt_thread.free_head = pack->next;
	lt_thread.n_free = PACK - 1;
	return pack;
}

struct lt_span *lt_span_pool_get(void)
{
	struct lt_span *span = lt_thread.free_head;
	if (!span)
		return refill();
	lt_thread.free_head = span->next;
	lt_thread.n_free--;
	return span;
}

void lt_span_pool_prefetch(void)
{
	enum { LINE_BYTES = 64, N_LINES = 8 };
	const char *next = (const char *)lt_thread.free_head;
	for (int i = 0; i < N_LINES; i++)
		__builtin_prefetch(next + (ptrdiff_t)i * LINE_BYTES, 1);
}

void lt_span_pool_put(struct lt_span *span)
{
	if (!lt_thread.registered)
		register_thread();
	if (lt_thread.n_free == PACK) {
		store_pack(lt_thread.free_head);
		lt_thread.free_head = NULL;
		lt_thread.n_free = 0;
	}
	span->next = lt_thread.free_head;
	lt_thread.free_head = span;
	lt_thread.n_free++;
}
