/* SPDX-License-Identifier: Apache-2.0 */
/* span.h - a span's memory: one block that holds the span, its first attributes and their bytes.
 *
 * A block's life: taken from the thread's cache at the start; referenced by its owner and by the
 * scopes and callbacks that hold it; passed to the processor when the last of them releases it;
 * recycled by the processor, usually on its own thread.
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

/* A program's pointer to a span leads not to the block but to one of the heads at its start: to the
 * next one each time that the block is used. So the state of its head distinguishes a pointer to an
 * ended span from the block's later spans, until that head is used again. The first head is for
 * processors, which see recorded spans only: a pointer to it points to the block, and it is always
 * alive. */
#define LT_SPAN_HEADS 16 /* malloc's alignment: a pointer to a head leads to the block */

/* For the relay: see span_slab.h. */
enum lt_slab_stage { LT_SLAB_FREE, LT_SLAB_OPEN, LT_SLAB_ENDED };

#define LT_SPAN_VALUED 4u /* of a head's state, beside trace.h's: the span has values */

struct lt_span {
	struct lt_span_head heads[LT_SPAN_HEADS];
	uint8_t turn; /* the head in use: 1 to 15 */
	atomic_bool ended;
	_Atomic uint8_t stage; /* enum lt_slab_stage */
	bool is_in_slab;       /* not from malloc */
	atomic_uint n_holders;
	struct lt_span_lock lock; /* never held while taking another */
	struct lt_tracer *tracer; /* of one that wraps a context: NULL */
	struct lt_values *values; /* that were current when it started; held; see LT_SPAN_VALUED */
	uint32_t event_capacity, link_capacity;
	int64_t clock_offset_ns; /* converts monotonic to Unix time, at start and end */
	struct lt_attributes_room attrs_room; /* of data.attrs */
	struct lt_arena arena;
	struct lt_span_data data; /* what exporters read */
	/* The arena's first chunk, to the end of the block. */
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[];
};

/** The block of a span, from any pointer to it. */
static inline struct lt_span *lt_span_block(const struct lt_span *span)
{
	return (struct lt_span *)((uintptr_t)span & ~(uintptr_t)(LT_SPAN_HEADS - 1));
}

/** The block of a program's span; NULL for NULL and for a span that has ended. */
static inline struct lt_span *lt_span_alive(const struct lt_span *span)
{
	if (!span || ((const struct lt_span_head *)span)->state == 0)
		return NULL;
	return lt_span_block(span);
}

/** lt_span_hold(), in place. */
static inline struct lt_span *lt_span_keep(struct lt_span *handle)
{
	struct lt_span *span = lt_span_alive(handle);
	if (!span)
		return NULL;
	atomic_fetch_add_explicit(&span->n_holders, 1, memory_order_relaxed);
	return handle;
}

static inline bool lt_span_has_values(const struct lt_span *span)
{
	return span && ((const struct lt_span_head *)span)->state & LT_SPAN_VALUED;
}

/** The values that a span was started under; NULL: none, or no such span. */
static inline struct lt_values *lt_span_values(const struct lt_span *span)
{
	return lt_span_has_values(span) ? lt_span_block(span)->values : NULL;
}

/** A new block with its heads initialised; NULL when out of memory. */
static inline struct lt_span *lt_span_block_new(void)
{
	struct lt_span *span = malloc(LT_SPAN_BLOCK_BYTES);
	if (span) {
		memset(span->heads, 0, sizeof(span->heads));
		span->heads[0].state = LT_SPAN_LIVES | LT_SPAN_RECORDS;
		span->turn = 0;
		span->is_in_slab = false;
		atomic_init(&span->stage, LT_SLAB_FREE);
	}
	return span;
}

/* The pool: span_pool.c, or span_pool_plain.c. */

/** Registers the pool's fork handlers.  A caller whose own ones recycle spans calls this first: the
 * child's handlers run in the order of registration. */
void lt_span_pool_init(void);

/** A block with valid heads and turn, and nothing else initialised; NULL when out of memory. */
struct lt_span *lt_span_pool_get(void);

/** Forgets all blocks that are free, in a fork's child: they are the parent's. */
void lt_span_pool_forget(void);

/** Prefetches the cache lines that this thread's next span will write if it is as large as the last
 * one: another core, the worker's, has used them last. */
void lt_span_pool_prefetch(void);

/** Returns a block to this thread's cache; its arena must be done. */
void lt_span_pool_put(struct lt_span *span);

#endif
