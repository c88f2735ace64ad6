/* SPDX-License-Identifier: Apache-2.0 */
/* span_queue.h - a bounded ring of ended spans: any thread puts, one takes. */
#ifndef LT_SPAN_QUEUE_H
#define LT_SPAN_QUEUE_H

#include "span.h"

struct lt_span_queue {
	size_t max; /* spans */
	size_t mask;
	_Atomic(struct lt_span *) *places; /* mask + 1 of them, at least max; NULL: free, or about
					      to be filled */
	size_t next;			   /* to take; the taker's own */
	/* On lines of their own: threads that put spans fight for the first only. */
	_Alignas(64) atomic_size_t tail; /* next to put to */
	_Alignas(64) atomic_size_t head; /* those before it are free again */
};

/** An empty queue for max >= 1 spans; 0 or -ENOMEM. */
int lt_span_queue_init(struct lt_span_queue *queue, size_t max);

/** Recycles what is left, and frees the rest. */
void lt_span_queue_done(struct lt_span_queue *queue);

/** Recycles what is queued.  Only while no other thread uses the queue: in a fork's child, say. */
void lt_span_queue_clear(struct lt_span_queue *queue);

/** Takes span; returns how many are queued with it, or 0 when it is full: then span stays yours.
 * Any thread; waits for none. */
size_t lt_span_queue_put(struct lt_span_queue *queue, struct lt_span *span);

/** How many are queued, or taken and not released. */
size_t lt_span_queue_count(struct lt_span_queue *queue);

/** Takes up to n of those that are queued now, oldest first; returns how many. */
size_t lt_span_queue_take(struct lt_span_queue *queue, struct lt_span **spans, size_t n);

/** Gives the places of the n spans taken longest ago to others. */
void lt_span_queue_release(struct lt_span_queue *queue, size_t n);

#endif
