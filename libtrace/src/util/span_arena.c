/* SPDX-License-Identifier: Apache-2.0 */
/* span_arena.c - a span's attributes, events and strings: many small pieces with one lifetime. */
#include "util/span_arena.h"

#include "util/shared_memory.h"

#include <stdlib.h>

#define CHUNK_BYTES 4096
#define FIRST_ITEMS 2 /* of an array that grows: most spans have few events and links */

struct lt_chunk {
	struct lt_chunk *older;
	size_t size; /* with this header, in shared memory; 0: malloc's */
	max_align_t bytes[];
};

void lt_arena_free_chunks(struct lt_arena *arena)
{
	while (arena->chunks) {
		struct lt_chunk *older = arena->chunks->older;
		if (arena->chunks->size)
			lt_shared_free(arena->chunks, arena->chunks->size);
		else
			free(arena->chunks);
		arena->chunks = older;
	}
}

/* Beside the arena: in shared memory, if that is where it lies. */
static struct lt_chunk *alloc_chunk(const struct lt_arena *arena, size_t size)
{
	bool is_shared = lt_shared_contains(arena);
	struct lt_chunk *chunk = is_shared ? lt_shared_alloc(size) : malloc(size);
	if (chunk)
		chunk->size = is_shared ? size : 0;
	return chunk;
}

static bool add_chunk(struct lt_arena *arena, size_t size)
{
	size_t bytes = CHUNK_BYTES;
	if (size > LT_ARENA_MAX_BYTES)
		return false;
	if (size > bytes) /* rounded, so that the end is aligned like the start */
		bytes = (size + LT_ARENA_ALIGNMENT - 1) & ~(size_t)(LT_ARENA_ALIGNMENT - 1);
	if (bytes > LT_ARENA_MAX_BYTES - arena->n_bytes)
		return false;
	struct lt_chunk *chunk = alloc_chunk(arena, sizeof(*chunk) + bytes);
	if (!chunk)
		return false;
	chunk->older = arena->chunks;
	arena->chunks = chunk;
	arena->n_bytes += bytes;
	arena->next = (char *)chunk->bytes;
	arena->end = arena->next + bytes;
	return true;
}

void *lt_arena_alloc_chunk(struct lt_arena *arena, size_t size)
{
	if (!add_chunk(arena, size))
		return NULL;
	void *memory = arena->next;
	arena->next += size;
	return memory;
}

void *lt_arena_grow(
	struct lt_arena *arena, void *items, uint32_t n, uint32_t *capacity, size_t item_size)
{
	if (n < *capacity)
		return items;
	uint32_t wanted = *capacity ? 2 * *capacity : FIRST_ITEMS;
	void *grown = lt_arena_alloc(arena, wanted * item_size);
	if (!grown)
		return NULL;
	if (n)
		memcpy(grown, items, n * item_size);
	*capacity = wanted;
	return grown;
}
