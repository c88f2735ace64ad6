/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - memory that is freed all at once. */
#include "base/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 16384 /* ten times what an ordinary span needs */

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* bytes of data */
	alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *a, size_t limit_bytes)
{
	*a = (struct arena){.limit = limit_bytes};
}

static int add_chunk(struct arena *a, size_t n)
{
	size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
	if (size > a->limit - a->total)
		return -EMSGSIZE;
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return -ENOMEM;
	chunk->next = a->chunks;
	chunk->size = size;
	a->chunks = chunk;
	a->used = 0;
	a->total += size;
	return 0;
}

void *arena_alloc(struct arena *a, size_t n_items, size_t item_bytes)
{
	size_t n;
	if (__builtin_mul_overflow(n_items, item_bytes, &n) || n > a->limit) {
		a->error = -EMSGSIZE;
		return NULL;
	}
	n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!a->chunks || n > a->chunks->size - a->used) {
		int err = add_chunk(a, n);
		if (err) {
			a->error = err;
			return NULL;
		}
	}
	void *memory = a->chunks->data + a->used;
	a->used += n;
	return memset(memory, 0, n);
}

void arena_reset(struct arena *a)
{
	while (a->chunks && (a->chunks->next || a->chunks->size > CHUNK_BYTES)) {
		struct arena_chunk *chunk = a->chunks;
		a->chunks = chunk->next;
		a->total -= chunk->size;
		free(chunk);
	}
	a->used = 0;
}

void arena_done(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *chunk = a->chunks;
		a->chunks = chunk->next;
		free(chunk);
	}
	arena_init(a, a->limit);
}
