/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that grows by chunks and goes all at once; the first piece is the owner's own.
 */
#ifndef LT_ARENA_H
#define LT_ARENA_H

#include <libtrace/trace.h>

/* Bytes that one span may take beyond its block.  What does not fit is dropped and counted. */
#define LT_ARENA_MAX_BYTES (1024 * 1024)
#define LT_ARENA_ALIGNMENT 8 /* of every type we store: no long double among them */

struct lt_arena {
	char *next, *end; /* free bytes of the newest piece */
	struct lt_chunk *chunks;
	size_t n_bytes; /* in chunks */
};

/** Starts with size bytes at memory, which stay the caller's. */
void lt_arena_init(struct lt_arena *arena, void *memory, size_t size);

/** Frees the chunks; the arena must be initialised again before use. */
void lt_arena_done(struct lt_arena *arena);

/** lt_arena_alloc's way when the newest piece is full; size is a multiple of LT_ARENA_ALIGNMENT. */
void *lt_arena_alloc_chunk(struct lt_arena *arena, size_t size);

/** Memory for any type, not cleared; NULL at the limit or without memory. */
static inline void *lt_arena_alloc(struct lt_arena *arena, size_t size)
{
	if (size > LT_ARENA_MAX_BYTES)
		return NULL;
	size = (size + LT_ARENA_ALIGNMENT - 1) & ~(size_t)(LT_ARENA_ALIGNMENT - 1);
	if (size > (size_t)(arena->end - arena->next))
		return lt_arena_alloc_chunk(arena, size);
	void *memory = arena->next;
	arena->next += size;
	return memory;
}

/** A copy of text, not NUL-terminated; false at the limit. */
static inline bool lt_arena_copy(
	struct lt_arena *arena, struct lt_slice text, struct lt_slice *ret_copy)
{
	char *copy = lt_arena_alloc(arena, text.len);
	if (!copy)
		return false;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	*ret_copy = (struct lt_slice){copy, text.len};
	return true;
}

/**
 * Makes room for one more item in an array of n items that grows by doubling inside the arena.
 * @param items     NULL while *capacity is 0
 * @param capacity  items that fit; updated
 * @return the array, perhaps moved; NULL at the limit, with the old one as it was
 */
void *lt_arena_grow(
	struct lt_arena *arena, void *items, uint32_t n, uint32_t *capacity, size_t item_size);

#endif
