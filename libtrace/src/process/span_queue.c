/* SPDX-License-Identifier: Apache-2.0 */
/* span_queue.c - positions count up for ever; a position's slot is its remainder. */
#include "process/span_queue.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#define SPANS_AHEAD 4 /* prefetched while earlier ones are recycled */

int lt_span_queue_init(struct lt_span_queue *queue, size_t max, size_t max_bytes)
{
	size_t n_places = 1;
	while (n_places < max)
		n_places *= 2;
	queue->places = calloc(n_places, sizeof(*queue->places));
	if (!queue->places)
		return -ENOMEM;
	queue->max = max;
	queue->max_blocks = max_bytes / LT_SPAN_BLOCK_BYTES;
	queue->mask = n_places - 1;
	queue->next = 0;
	atomic_init(&queue->n_extra, 0);
	atomic_init(&queue->tail, 0);
	atomic_init(&queue->head, 0);
	return 0;
}

void lt_span_queue_clear(struct lt_span_queue *queue)
{
	for (size_t i = 0; i <= queue->mask; i++) {
		/* A slot that a thread of the parent was about to fill stays empty. */
		struct lt_span *span = atomic_exchange(&queue->places[i], NULL);
		if (span)
			lt_span_recycle(span);
	}
	queue->next = 0;
	atomic_store(&queue->n_extra, 0);
	atomic_store(&queue->tail, 0);
	atomic_store(&queue->head, 0);
}

void lt_span_queue_done(struct lt_span_queue *queue)
{
	if (!queue->places)
		return;
	lt_span_queue_clear(queue);
	free(queue->places);
}

/* Blocks that span takes beyond its own. */
static size_t extra_of(const struct lt_span *span)
{
	return (span->arena.n_bytes + LT_SPAN_BLOCK_BYTES - 1) / LT_SPAN_BLOCK_BYTES;
}

/* n_extra: of span, counted already. */
static ssize_t put(struct lt_span_queue *queue, struct lt_span *span)
{
	size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	size_t n_extra = atomic_load_explicit(&queue->n_extra, memory_order_relaxed);
	size_t head;
	do {
		/* Acquire: the slot was emptied before it was released. */
		head = atomic_load_explicit(&queue->head, memory_order_acquire);
		/* Negative: tail is outdated, which the exchange below detects. */
		ptrdiff_t n_queued = (ptrdiff_t)(tail - head);
		if (n_queued >= (ptrdiff_t)queue->max)
			return -ENOSPC;
		if (n_queued + (ptrdiff_t)n_extra >= (ptrdiff_t)queue->max_blocks)
			return -ENOMEM;
	} while (!atomic_compare_exchange_weak(&queue->tail, &tail, tail + 1));
	atomic_store_explicit(&queue->places[tail & queue->mask], span, memory_order_release);
	return (ssize_t)(tail + 1 - head);
}

ssize_t lt_span_queue_put(struct lt_span_queue *queue, struct lt_span *span)
{
	if (!span->arena.chunks)
		return put(queue, span);
	size_t n_extra = extra_of(span);
	atomic_fetch_add(&queue->n_extra, n_extra);
	ssize_t n_queued = put(queue, span);
	if (n_queued < 0)
		atomic_fetch_sub(&queue->n_extra, n_extra);
	return n_queued;
}

size_t lt_span_queue_count(struct lt_span_queue *queue)
{
	return atomic_load(&queue->tail) - atomic_load(&queue->head);
}

bool lt_span_queue_is_heavy(struct lt_span_queue *queue)
{
	size_t n_extra = atomic_load(&queue->n_extra);
	return n_extra && n_extra + lt_span_queue_count(queue) >= queue->max_blocks / 2;
}

size_t lt_span_queue_take(struct lt_span_queue *queue, struct lt_span **spans, size_t n)
{
	size_t n_queued = atomic_load(&queue->tail) - queue->next;
	if (n > n_queued)
		n = n_queued;
	for (size_t i = 0; i < n; i++) {
		_Atomic(struct lt_span *) *place = &queue->places[queue->next++ & queue->mask];
		/* A thread has taken the slot and fills it with its next instruction. */
		while (!(spans[i] = atomic_load_explicit(place, memory_order_acquire)))
			sched_yield();
		atomic_store_explicit(place, NULL, memory_order_relaxed);
	}
	return n;
}

void lt_span_queue_recycle(struct lt_span_queue *queue, struct lt_span **spans, size_t n)
{
	size_t n_extra = 0;
	for (size_t i = 0; i < n; i++) {
		if (i + SPANS_AHEAD < n)
			__builtin_prefetch(spans[i + SPANS_AHEAD]);
		n_extra += extra_of(spans[i]);
		lt_span_recycle(spans[i]);
	}
	if (n_extra)
		atomic_fetch_sub(&queue->n_extra, n_extra);
	atomic_fetch_add_explicit(&queue->head, n, memory_order_release);
}
