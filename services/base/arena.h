/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory for one decoded span or one query, freed all at once. */
#ifndef TRACEVIEW_ARENA_H
#define TRACEVIEW_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the current one first */
	size_t used;		    /* bytes of the current one */
	size_t total, limit;	    /* bytes, of all chunks */
	int error; /* why arena_alloc() last failed: -EMSGSIZE (the limit), -ENOMEM */
};

/** Makes an empty arena; allocates nothing yet. */
void arena_init(struct arena *a, size_t limit_bytes);

/** Zeroed memory, aligned for any object, until arena_reset or arena_done; NULL over the limit
 * or without memory: see error. */
void *arena_alloc(struct arena *a, size_t n_items, size_t item_bytes);

/** Discards everything, but keeps one chunk for reuse. */
void arena_reset(struct arena *a);

/** Frees everything. */
void arena_done(struct arena *a);

#endif
