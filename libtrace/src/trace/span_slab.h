/* SPDX-License-Identifier: Apache-2.0 */
/* span_slab.h - blocks of spans in memory that the relay reads, and the queue of the ended ones.
 *
 * Two memories, by who writes them; both are memfds that cannot shrink or grow.
 *
 *   slab     written by the program alone (F_SEAL_FUTURE_WRITE): struct lt_slab, the places of the
 *            queue, the blocks, the heap.  Pointers in it are the program's addresses.
 *   control  written by the relay alone, mapped for reading in the program: struct lt_slab_control.
 *
 * Invariants:
 *
 *  1. A block is FREE; OPEN from its span's start on, once all of it has been written (release);
 *     ENDED before its index is queued (release); FREE again before another span may take it.
 *  2. Position p of the queue is place p % n_places.  A producer takes it by an addition to tail, and
 *     fills it with one 64-bit store (release) of the index + 1 and the lap, p / n_places + 1.  A
 *     place with another lap is a hole: its producer is about to fill it, or never will.
 *  3. There are at least as many places as blocks, and a block is queued once before it is FREE
 *     again: the queue cannot be full, and no place is used again before its block is free.
 *  4. The relay reads in order.  `done` counts the positions whose spans have been delivered or
 *     dropped and counted, so that at its death nothing is lost: whoever comes after it goes on from
 *     there.  A hole holds the reader up for LT_SLAB_HOLE_MS while the program lives, and not at all
 *     when it is dead.  What falls into a hole is found by 6.
 *  5. The program frees the blocks of the positions before `done`, which it believes between what it
 *     has freed and tail only.  It takes every index from its own memory.
 *  6. When the program is dead the relay looks at all blocks: one that is ENDED and was not taken from
 *     the queue (its span's id is not the last one taken of that block) is sent, and so is an OPEN one.
 *  7. The relay follows no pointer before it has checked a copy of it against the slab, and believes
 *     nothing that it has read once to be the same the next time.
 *  8. `owner` is a robust futex of the relay: when the relay dies, however it does, the kernel sets
 *     FUTEX_OWNER_DIED.  A relay that hangs is known by `beat_ns`.
 *  9. The kernel lets nobody seal a file against writing while somebody has it mapped for that.  So the
 *     relay, which tries, learns that the program has ended or executes another one, without a
 *     descriptor in the program and over the borders of PID namespaces.
 * 10. The program sets is_closed before it takes spans back; a relay that sees it reads no more.  One
 *     that is in the middle of an export then sends spans that the program sends too: twice is better
 *     than not at all.
 */
#ifndef LT_SPAN_SLAB_H
#define LT_SPAN_SLAB_H

#include "trace/span.h"
#include "util/shared_memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define LT_SLAB_MAGIC UINT64_C(0x315941454c52544c) /* "LTRELAY1" */
#define LT_SLAB_VERSION 4
#define LT_SLAB_BLOCKS_MIN 1024		      /* each thread keeps up to 32 */
#define LT_SLAB_BLOCKS_MAX (1 << 17)	      /* a larger one is no slab of ours */
#define LT_SLAB_HEAP_BYTES (32 * 1024 * 1024) /* what is not used takes no memory */
#define LT_SLAB_TOKEN_BYTES 32
#define LT_SLAB_NAME_BYTES 108 /* of a socket, with the NUL */
#define LT_SLAB_HOLE_MS 1000
#define LT_SLAB_MESSAGE_BYTES 1024
#define LT_CGROUP_V2 "/sys/fs/cgroup"
#define LT_CGROUP_V1 LT_CGROUP_V2 "/memory"
#define LT_MEMORY_EVENTS_V2 LT_CGROUP_V2 "/memory.events"
#define LT_MEMORY_EVENTS_V1 LT_CGROUP_V1 "/memory.oom_control"

struct lt_slab {
	uint64_t magic;
	uint32_t version;
	uint32_t n_blocks;	       /* and places: a power of two */
	uint64_t base;		       /* where the program has the slab */
	_Atomic uint64_t resource;     /* address of its struct lt_slab_resource; 0: no span yet */
	_Atomic uint32_t n_fresh;      /* blocks before it have been used */
	_Atomic uint32_t is_closed;    /* the program takes its spans back */
	_Atomic uint64_t flush_wanted; /* tickets */
	_Atomic uint64_t n_full;       /* spans dropped since there was no free block */
	_Atomic uint32_t is_shut_down; /* by the program, at its exit at the latest */
	_Alignas(64) _Atomic uint64_t tail;
};

struct lt_slab_resource {
	struct lt_attributes attrs;
	struct lt_slice schema_url;
};

struct lt_slab_control {
	_Atomic uint32_t owner;	  /* robust futex: the relay's thread */
	_Atomic uint32_t is_read; /* the relay has found the slab sound */
	_Atomic uint64_t beat_ns; /* changes as long as the relay lives */
	_Atomic uint64_t done, flush_done;
	_Atomic uint64_t n_failed, n_rejected, n_malformed; /* spans */
	_Atomic uint32_t n_messages;
	char message[LT_SLAB_MESSAGE_BYTES]; /* the last one, of the relay's reports */
};

/* The first and only message of a program; the two memfds come with it, and behind them, in a container, the file
 * with which the kernel counts whom it has killed for lack of memory.
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html */
struct lt_slab_hello {
	uint64_t magic;
	uint32_t version;
	uint32_t n_blocks;
	char token[LT_SLAB_TOKEN_BYTES];
};

/* Offsets, which follow from the number of blocks. */
static inline size_t lt_slab_blocks_at(uint32_t n_blocks)
{
	size_t places_end = LT_SHARED_PAGE_BYTES + n_blocks * sizeof(uint64_t);
	return (places_end + LT_SHARED_PAGE_BYTES - 1) & ~(size_t)(LT_SHARED_PAGE_BYTES - 1);
}

static inline size_t lt_slab_heap_at(uint32_t n_blocks)
{
	return lt_slab_blocks_at(n_blocks) + (size_t)n_blocks * LT_SPAN_BLOCK_BYTES;
}

static inline size_t lt_slab_bytes(uint32_t n_blocks)
{
	return lt_slab_heap_at(n_blocks) + LT_SLAB_HEAP_BYTES;
}

/* What a place holds of a block queued at a position. */
static inline uint64_t lt_slab_place(uint64_t position, uint32_t n_blocks, uint32_t index)
{
	return ((position / n_blocks + 1) << 32) | (index + 1);
}

/** The block's index at a position; false for a hole. */
static inline bool lt_slab_read_place(
	uint64_t place, uint64_t position, uint32_t n_blocks, uint32_t *ret_index)
{
	*ret_index = (uint32_t)place - 1;
	return place >> 32 == ((position / n_blocks + 1) & UINT32_MAX) && *ret_index < n_blocks;
}

/* --- the program's side ------------------------------------------------------------------- */

extern struct lt_slab *lt_slab;			/* NULL: none */
extern struct lt_slab_control *lt_slab_control; /* likewise */

/**
 * Makes a slab, and hands it over to the relay that listens there.
 * @param name      of an abstract Unix socket; with a / in front: a path
 * @param token     LT_SLAB_TOKEN_BYTES
 * @param n_blocks  a power of two, LT_SLAB_BLOCKS_MAX at most
 * @return 0; -Exxx, with no slab, when that cannot be done
 */
int lt_slab_open(const char *name, const char *token, uint32_t n_blocks);

/** In a fork's child, before any other thread is there: the slab is the parent's.  Spans that were
 * open in the parent can be read as before; none of what happens to them is seen by anybody. */
void lt_slab_leave(void);

/** Called once by the next lt_slab_get_blocks: it may open a slab.  NULL: nothing. */
extern void (*_Atomic lt_slab_on_need)(void);

/** Called in a child by raw clone() or _Fork(), which runs no fork handlers, before the child uses what
 * is its parent's; it is to call lt_slab_leave(). */
extern void (*lt_slab_on_clone)(void);

/* 1 in the process that has opened the slab; the kernel clears it in a child's memory. */
extern _Atomic uint32_t *lt_slab_is_own; /* NULL: a kernel before 4.14, where nobody notices */

static inline __attribute__((always_inline)) bool lt_slab_is_inherited(void)
{
	return lt_slab_is_own && !atomic_load_explicit(lt_slab_is_own, memory_order_relaxed);
}

/** Memory that is all zero in a child however it was made.  NULL when the kernel refuses. */
void *lt_slab_alloc_wiped(size_t bytes);

/** Takes up to max free blocks of the slab, their heads and turns as they are to be.
 * @return how many; 0 also when there is no slab */
size_t lt_slab_get_blocks(struct lt_span **spans, size_t max);
void lt_slab_put_block(struct lt_span *span);

/** Gives a block back to where it came from; for the pools. */
static inline void lt_span_block_free(struct lt_span *span)
{
	if (span->is_in_slab)
		lt_slab_put_block(span);
	else
		free(span);
}

/** Whether a block is not to be kept for the next span: a fork's child has it from its parent, or it is not
 * of the slab while there is one: its span would be dropped as this one was. */
static inline bool lt_span_is_out_of_place(const struct lt_span *span)
{
	if (span->is_in_slab)
		return !lt_shared_contains(span);
	return lt_slab && !atomic_load_explicit(&lt_slab->is_closed, memory_order_relaxed);
}

/** Queues an ended span. */
void lt_slab_queue(struct lt_span *span);

/** Takes the spans that the relay has not done back, in order; it must have been closed.  Any thread,
 * at any time: a span is handed out once. */
void lt_slab_take_back(void (*take)(struct lt_span *span, void *user), void *user);

/** Positions that have not been done. */
static inline uint64_t lt_slab_n_queued(void)
{
	uint64_t done = atomic_load(&lt_slab_control->done);
	uint64_t tail = atomic_load(&lt_slab->tail);
	return tail > done ? tail - done : 0;
}

/** Frees what the spans that have been done had in the heap now, and not when their blocks are wanted. */
void lt_slab_reclaim(void);

/** Whether the relay has died. */
static inline bool lt_slab_is_orphan(void)
{
	enum { OWNER_DIED = 0x40000000 }; /* FUTEX_OWNER_DIED */
	return atomic_load_explicit(&lt_slab_control->owner, memory_order_relaxed) & OWNER_DIED;
}

#endif
