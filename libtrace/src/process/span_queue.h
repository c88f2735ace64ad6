/* SPDX-License-Identifier: Apache-2.0 */
/* span_queue.h - a ring of ended spans, bounded in spans and in bytes: any thread puts, one takes.
 *
 * Memory is counted in blocks (LT_SPAN_BLOCK_BYTES): one per span, and for a span that has outgrown
 * its block as many more as its arena takes.  Only these few cost a second atomic operation. */
#ifndef LT_SPAN_QUEUE_H
#define LT_SPAN_QUEUE_H

#include "trace/span.h"

#include <sys/types.h>

struct lt_span_queue {
	size_t max;	   /* spans */
	size_t max_blocks; /* of memory */
	size_t mask;
	_Atomic(struct lt_span *) *places; /* mask + 1 of them, at least max; NULL: free, or about
					      to be filled */
	atomic_size_t n_extra;		   /* blocks beyond one per span */
	/* On cache lines of their own: threads that put spans contend for the first only. */
	_Alignas(64) atomic_size_t tail; /* next to put to */
	_Alignas(64) atomic_size_t head; /* those before it are free again */
	_Alignas(64) size_t next;	 /* to take; the taker's own */
};

/** An empty queue for max >= 1 spans that take max_bytes at most; 0 or -ENOMEM. */
int lt_span_queue_init(struct lt_span_queue *queue, size_t max, size_t max_bytes);

/** Recycles what is left, and frees the rest. */
void lt_span_queue_done(struct lt_span_queue *queue);

/** Recycles what is queued.  Only while no other thread uses the queue, as in a fork's child. */
void lt_span_queue_clear(struct lt_span_queue *queue);

/** Takes span.  Any thread; never waits.
 * @return how many are queued with it; -ENOSPC when there are max of them, -ENOMEM when it does not
 *   fit the bytes: then span stays yours */
ssize_t lt_span_queue_put(struct lt_span_queue *queue, struct lt_span *span);

/** Spans that are queued, or taken and not recycled. */
size_t lt_span_queue_count(struct lt_span_queue *queue);

/** Whether half of max_bytes is used. */
bool lt_span_queue_is_heavy(struct lt_span_queue *queue);

/** Takes up to n of the queued spans, oldest first; returns how many. */
size_t lt_span_queue_take(struct lt_span_queue *queue, struct lt_span **spans, size_t n);

/** Recycles the n spans that were taken first, and frees their slots. */
void lt_span_queue_recycle(struct lt_span_queue *queue, struct lt_span **spans, size_t n);

#endif
