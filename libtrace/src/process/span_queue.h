/* SPDX-License-Identifier: Apache-2.0 */
/* span_queue.h - a ring of ended spans, bounded in spans and in bytes: any thread puts, one takes.
 *
 * Memory is counted in blocks (LT_SPAN_BLOCK_BYTES): each span has one, and one that has outgrown
 * its own counts for as many as its arena takes beyond it.  So only those few cost an atomic
 * operation more than their place does.
 */
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
	atomic_size_t n_extra;		   /* blocks, beyond one a span */
	/* On lines of their own: threads that put spans fight for the first only. */
	_Alignas(64) atomic_size_t tail; /* next to put to */
	_Alignas(64) atomic_size_t head; /* those before it are free again */
	_Alignas(64) size_t next;	 /* to take; the taker's own */
};

/** An empty queue for max >= 1 spans that take max_bytes at most; 0 or -ENOMEM. */
int lt_span_queue_init(struct lt_span_queue *queue, size_t max, size_t max_bytes);

/** Recycles what is left, and frees the rest. */
void lt_span_queue_done(struct lt_span_queue *queue);

/** Recycles what is queued.  Only while no other thread uses the queue: in a fork's child, say. */
void lt_span_queue_clear(struct lt_span_queue *queue);

/** Takes span; returns how many are queued with it, or -ENOSPC when there are max of them, -ENOMEM
 * when it does not fit the bytes: then span stays yours.  Any thread; waits for none. */
ssize_t lt_span_queue_put(struct lt_span_queue *queue, struct lt_span *span);

/** How many are queued, or taken and not recycled. */
size_t lt_span_queue_count(struct lt_span_queue *queue);

/** Whether they take half of the bytes that they may. */
bool lt_span_queue_is_heavy(struct lt_span_queue *queue);

/** Takes up to n of those that are queued now, oldest first; returns how many. */
size_t lt_span_queue_take(struct lt_span_queue *queue, struct lt_span **spans, size_t n);

/** Recycles the n spans taken longest ago, and gives their places to others. */
void lt_span_queue_recycle(struct lt_span_queue *queue, struct lt_span **spans, size_t n);

#endif
