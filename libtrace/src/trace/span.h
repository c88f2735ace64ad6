/* SPDX-License-Identifier: Apache-2.0 */
/* span.h - a span's memory: one block that holds the span, its first attributes and their bytes.
 *
 * A block's life: taken from the thread's cache at start; counted by its owner and by the scopes
 * and callbacks that hold it; handed to the processor when the last of them lets go; recycled by
 * the processor, mostly on its own thread.
 */
#ifndef LT_SPAN_H
#define LT_SPAN_H

#include "trace/attributes.h"
#include "trace/span_lock.h"
#include "util/span_arena.h"

#include <libtrace/sdk.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LT_SPAN_BLOCK_BYTES 2048 /* a HTTP span with its 15 attributes fits */

/* What a program has of a span points not to the block but to one of the heads at its start: to the
 * next one, each time that the block is used.  So it can be told from the block's later spans by
 * whether its head is alive, until its turn comes again.  The first head is the processors', who
 * see recorded spans only: a pointer to it is one to the block, and it is alive always. */
#define LT_SPAN_HEADS 16 /* malloc's alignment, so that a pointer to one leads to the block */

struct lt_span {
	struct lt_span_head heads[LT_SPAN_HEADS];
	uint8_t turn; /* whose head it is: 1 to 15 */
	atomic_bool ended;
	atomic_uint n_holders;
	struct lt_span_lock lock; /* never held while taking another */
	struct lt_tracer *tracer;
	uint32_t event_capacity, link_capacity;
	int64_t clock_offset_ns; /* makes Unix time of the monotonic one, at both ends */
	struct lt_attributes_room attrs_room; /* of data.attrs */
	struct lt_arena arena;
	struct lt_span_data data; /* what exporters read */
	/* The arena's first: to the end of the block. */
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[];
};

/** The block of a span, by whatever pointer to it. */
static inline struct lt_span *lt_span_block(const struct lt_span *span)
{
	return (struct lt_span *)((uintptr_t)span & ~(uintptr_t)(LT_SPAN_HEADS - 1));
}

/** The block of a program's span; NULL for NULL, and for a span that is over. */
static inline struct lt_span *lt_span_alive(const struct lt_span *span)
{
	if (!span || ((const struct lt_span_head *)span)->state == 0)
		return NULL;
	return lt_span_block(span);
}

/** A new block whose heads are ready for its first span; NULL without memory. */
static inline struct lt_span *lt_span_block_new(void)
{
	struct lt_span *span = malloc(LT_SPAN_BLOCK_BYTES);
	if (span) {
		memset(span->heads, 0, sizeof(span->heads));
		span->heads[0].state = LT_SPAN_LIVES | LT_SPAN_RECORDS;
		span->turn = 0;
	}
	return span;
}

/* The pool: span_pool.c, or span_pool_plain.c. */

/** Registers the pool's fork handlers, before those of a caller whose own ones recycle spans: in
 * the child they run in the order in which they were registered. */
void lt_span_pool_init(void);

/** A block with its heads and turn as they were left, and nothing else initialised; NULL without
 * memory. */
struct lt_span *lt_span_pool_get(void);

/** Fetches what the next span of this thread will write if it takes as much as the last one: the
 * worker on another core had it last. */
void lt_span_pool_prefetch(void);

/** Gives a block back to this thread's cache; its arena must be done. */
void lt_span_pool_put(struct lt_span *span);

#endif
