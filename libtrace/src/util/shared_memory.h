/* SPDX-License-Identifier: Apache-2.0 */
/* shared_memory.h - the memory that a process shares with the relay, and pages of its heap.
 *
 * One mapping a process.  A span whose block lies in it has its chunks in it too, so that the relay
 * sees all of a span.  What is written here is for span_slab.h, which lays the mapping out.
 */
#ifndef LT_SHARED_MEMORY_H
#define LT_SHARED_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LT_SHARED_PAGE_BYTES 4096

struct lt_shared {
	char *base, *end; /* both NULL: none; written while no other thread makes spans */
	char *heap;	  /* pages, to the end */
};

extern struct lt_shared lt_shared;

/* Pages of the heap that are not free. */
extern _Atomic size_t lt_shared_n_used;

static inline bool lt_shared_contains(const void *address)
{
	return (uintptr_t)address - (uintptr_t)lt_shared.base <
	       (uintptr_t)lt_shared.end - (uintptr_t)lt_shared.base;
}

/* Keys that have a copy in the heap, so that spans point at it and have none of their own. */
#define LT_SHARED_KEYS 512	    /* places, a power of two */
#define LT_SHARED_KEY_TRIES 4	    /* places that a key may have */
#define LT_SHARED_KEY_MAX_BYTES 128 /* longer ones have no copy */

struct lt_shared_key {
	_Atomic(const char *) from; /* written last, and once in a mapping's life */
	const char *copy;
	size_t len;
	uint64_t mark; /* the caller's, who need not work it out again */
};

extern struct lt_shared_key lt_shared_keys[LT_SHARED_KEYS];

static inline size_t lt_shared_key_place(const void *key)
{
	return (size_t)(((uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15)) >> 55);
}

/** Slow path of lt_shared_find_key(): in another of its places, or added with the mark. */
const struct lt_shared_key *lt_shared_get_key(const char *key, size_t len, uint64_t mark);

/** A key whose address has the same text for ever, if it is where it is looked for first; else NULL.
 * Any thread, while there is a mapping. */
static inline const struct lt_shared_key *lt_shared_find_key(const char *key, size_t len)
{
	const struct lt_shared_key *place = &lt_shared_keys[lt_shared_key_place(key)];
	if (__builtin_expect(atomic_load_explicit(&place->from, memory_order_acquire) == key &&
				     place->len == len,
		    1))
		return place;
	return NULL;
}

/** Makes a mapping the process's; its heap starts at heap, a multiple of the page.
 * @return 0 or -ENOMEM */
int lt_shared_set(char *base, char *heap, char *end);

/** From now on there is none; what was allocated in it is forgotten. */
void lt_shared_unset(void);

/** Whole pages of the heap, not cleared; NULL when no run of free ones is long enough.  Any thread. */
void *lt_shared_alloc(size_t bytes);

/** Gives back what lt_shared_alloc returned for as many bytes, also after lt_shared_unset. */
void lt_shared_free(void *memory, size_t bytes);

#endif
