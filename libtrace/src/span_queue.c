/* SPDX-License-Identifier: Apache-2.0 */
/* span_queue.c - positions count up for ever; a position's place is its remainder. */
#include "span_queue.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

int lt_span_queue_init(struct lt_span_queue *queue, size_t max)
{
	size_t n_places = 1;
	while (n_places < max)
		n_places *= 2;
	queue->places = calloc(n_places, sizeof *queue->places);
	if (!queue->places)
		return -ENOMEM;
	queue->max = max;
	queue->mask = n_places - 1;
	queue->next = 0;
	atomic_init(&queue->tail, 0);
	atomic_init(&queue->head, 0);
	return 0;
}

void lt_span_queue_clear(struct lt_span_queue *queue)
{
	for (size_t i = 0; i <= queue->mask; i++) {
		/* A place that a thread of the parent was about to fill stays empty. */
		struct lt_span *span = atomic_exchange(&queue->places[i], NULL);
		if (span)
			lt_span_recycle(span);
	}
	queue->next = 0;
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

size_t lt_span_queue_put(struct lt_span_queue *queue, struct lt_span *span)
{
	size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	size_t head;
	do {
		/* Acquire: the place has been emptied before it was released. */
		head = atomic_load_explicit(&queue->head, memory_order_acquire);
		/* Negative: tail is an old one, and about to be found out. */
		if ((ptrdiff_t)(tail - head) >= (ptrdiff_t)queue->max)
			return 0;
	} while (!atomic_compare_exchange_weak(&queue->tail, &tail, tail + 1));
	atomic_store_explicit(&queue->places[tail & queue->mask], span, memory_order_release);
	return tail + 1 - head;
}

size_t lt_span_queue_count(struct lt_span_queue *queue)
{
	return atomic_load(&queue->tail) - atomic_load(&queue->head);
}

size_t lt_span_queue_take(struct lt_span_queue *queue, struct lt_span **spans, size_t n)
{
	size_t n_queued = atomic_load(&queue->tail) - queue->next;
	if (n > n_queued)
		n = n_queued;
	for (size_t i = 0; i < n; i++) {
		_Atomic(struct lt_span *) *place = &queue->places[queue->next++ & queue->mask];
		/* Its thread has the place, and fills it with its very next instruction. */
		while (!(spans[i] = atomic_load_explicit(place, memory_order_acquire)))
			sched_yield();
		atomic_store_explicit(place, NULL, memory_order_relaxed);
	}
	return n;
}

void lt_span_queue_release(struct lt_span_queue *queue, size_t n)
{
	atomic_fetch_add_explicit(&queue->head, n, memory_order_release);
}
