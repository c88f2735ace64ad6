/* SPDX-License-Identifier: Apache-2.0 */
/* span_arena.h - memory that grows by chunks and is freed all at once; the first chunk is the
 * owner's. */
#ifndef LT_SPAN_ARENA_H
#define LT_SPAN_ARENA_H

#include <libtrace/trace.h>

/* Limit of one span beyond its block.  What does not fit is dropped and counted. */
#define LT_ARENA_MAX_BYTES (1024 * 1024)
#define LT_ARENA_ALIGNMENT 8 /* enough for every type stored: there is no long double */

struct lt_arena {
	char *next, *end; /* free bytes of the newest chunk */
	struct lt_chunk *chunks;
	size_t n_bytes; /* in chunks */
};

/** Starts with size bytes at memory, both multiples of LT_ARENA_ALIGNMENT; they stay the
 * caller's. */
static inline void lt_arena_init(struct lt_arena *arena, void *memory, size_t size)
{
	arena->next = memory;
	arena->end = arena->next + size;
	arena->chunks = NULL;
	arena->n_bytes = 0;
}

/** Slow path of lt_arena_done(): frees the chunks. */
void lt_arena_free_chunks(struct lt_arena *arena);

/** Frees what was added; the arena must be initialised again before use. */
static inline void lt_arena_done(struct lt_arena *arena)
{
	if (arena->chunks)
		lt_arena_free_chunks(arena);
}

/** Slow path of lt_arena_alloc(): adds a chunk. */
void *lt_arena_alloc_chunk(struct lt_arena *arena, size_t size);

/** Memory for any type, not cleared; NULL at the limit or without memory. */
static inline void *lt_arena_alloc(struct lt_arena *arena, size_t size)
{
	uintptr_t mask = LT_ARENA_ALIGNMENT - 1;
	char *memory = arena->next + (-(uintptr_t)arena->next & mask); /* text ends anywhere */
	if (size > (size_t)(arena->end - memory))
		return lt_arena_alloc_chunk(arena, size);
	arena->next = memory + size;
	return memory;
}

/** The same for n bytes of text. */
static inline char *lt_arena_alloc_text(struct lt_arena *arena, size_t n)
{
	char *text = arena->next;
	if (n > (size_t)(arena->end - text))
		return lt_arena_alloc_chunk(arena, n);
	arena->next = text + n;
	return text;
}

/** memcpy for text, which is usually short: a call would cost more than the copy. */
static inline void lt_copy_text(char *to, const char *from, size_t n)
{
	/* Copies the first and the last bytes, which may overlap. */
	if (n > 32) {
		memcpy(to, from, n);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n) {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

/** A copy of text, not NUL-terminated; false at the limit. */
static inline bool lt_arena_copy(
	struct lt_arena *arena, struct lt_slice text, struct lt_slice *ret_copy)
{
	char *copy = lt_arena_alloc_text(arena, text.len);
	if (!copy)
		return false;
	lt_copy_text(copy, text.ptr, text.len);
	*ret_copy = (struct lt_slice){copy, text.len};
	return true;
}

/**
 * Makes room for one more item in an array of n items that grows by doubling inside the arena.
 * @param items     NULL while *capacity is 0
 * @param capacity  items that fit; updated
 * @return the array, perhaps moved; NULL at the limit, with the old one untouched
 */
void *lt_arena_grow(
	struct lt_arena *arena, void *items, uint32_t n, uint32_t *capacity, size_t item_size);

#endif
