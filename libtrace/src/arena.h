/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that grows by chunks and goes all at once; the first piece is the owner's own.
 */
#ifndef LT_ARENA_H
#define LT_ARENA_H

#include <libtrace/trace.h>

/* Bytes that one span may take beyond its block.  What does not fit is dropped and counted. */
#define LT_ARENA_MAX_BYTES (1024 * 1024)

struct lt_arena {
	char *next, *end; /* free bytes of the newest piece */
	struct lt_chunk *chunks;
	size_t n_bytes; /* in chunks */
};

/** Starts with size bytes at memory, which stay the caller's. */
void lt_arena_init(struct lt_arena *arena, void *memory, size_t size);

/** Frees the chunks; the arena must be initialised again before use. */
void lt_arena_done(struct lt_arena *arena);

/** Memory for any type, not cleared; NULL at the limit or without memory. */
void *lt_arena_alloc(struct lt_arena *arena, size_t size);

/** A copy of text, not NUL-terminated; false at the limit. */
bool lt_arena_copy(struct lt_arena *arena, struct lt_slice text, struct lt_slice *ret_copy);

/**
 * Makes room for one more item in an array of n items that grows by doubling inside the arena.
 * @param items     NULL while *capacity is 0
 * @param capacity  items that fit; updated
 * @return the array, perhaps moved; NULL at the limit, with the old one as it was
 */
void *lt_arena_grow(
	struct lt_arena *arena, void *items, uint32_t n, uint32_t *capacity, size_t item_size);

#endif
