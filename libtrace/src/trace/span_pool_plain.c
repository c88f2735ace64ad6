/* SPDX-License-Identifier: Apache-2.0 */
/* span_pool_plain.c - blocks for spans: one list under one lock, for a build that is plain
 * (meson_options.txt) and for the tests, which compare. */
#include "trace/span.h"
#include "trace/span_slab.h"

#include <pthread.h>
#include <stdlib.h>

#define FREE_MAX 2048 /* blocks kept: 4 MiB, the default queue's worth */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* never held across a call */
static struct lt_span *spans[FREE_MAX];
static size_t n_spans;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

void lt_span_pool_init(void)
{
	pthread_once(&once, watch_forks);
}

struct lt_span *lt_span_pool_get(void)
{
	lt_span_pool_init();
	pthread_mutex_lock(&lock);
	struct lt_span *span = n_spans ? spans[--n_spans] : NULL;
	pthread_mutex_unlock(&lock);
	return span || lt_slab_get_blocks(&span, 1) ? span : lt_span_block_new();
}

void lt_span_pool_forget(void)
{
	n_spans = 0;
}

void lt_span_pool_prefetch(void)
{
}

void lt_span_pool_put(struct lt_span *span)
{
	if (lt_span_is_out_of_place(span)) {
		lt_span_block_free(span);
		return;
	}
	pthread_mutex_lock(&lock);
	bool is_kept = n_spans < FREE_MAX;
	if (is_kept)
		spans[n_spans++] = span;
	pthread_mutex_unlock(&lock);
	if (!is_kept)
		lt_span_block_free(span);
}
