/* SPDX-License-Identifier: Apache-2.0 */
#include "util/shared_memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct lt_shared lt_shared;
_Atomic size_t lt_shared_n_used;

/* Not in the shared memory: nobody else is to say which pages are free. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows; held for a search */
static bool *is_used;					 /* of each page */
static size_t n_pages, next;				 /* the search goes on at next */

struct lt_shared_key lt_shared_keys[LT_SHARED_KEYS];
static pthread_mutex_t keys_lock =
	PTHREAD_MUTEX_INITIALIZER; /* of adding one, and of what follows */
static char *key_memory;	   /* free bytes of a page of the heap */
static size_t n_key_bytes;

static void forget_keys(void)
{
	memset(lt_shared_keys, 0, sizeof(lt_shared_keys));
	n_key_bytes = 0;
}

int lt_shared_set(char *base, char *heap, char *end)
{
	size_t n = (size_t)(end - heap) / LT_SHARED_PAGE_BYTES;
	bool *pages = calloc(n, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	pthread_mutex_lock(&lock);
	free(is_used);
	is_used = pages;
	n_pages = n;
	next = 0;
	lt_shared_n_used = 0;
	forget_keys();
	pthread_mutex_unlock(&lock);
	lt_shared = (struct lt_shared){.base = base, .end = end, .heap = heap};
	return 0;
}

/* A fork's child calls it, where the lock may be one of the parent's threads'. */
void lt_shared_unset(void)
{
	pthread_mutex_init(&lock, NULL);
	pthread_mutex_init(&keys_lock, NULL);
	n_pages = 0;
	forget_keys();
	lt_shared = (struct lt_shared){.base = NULL};
}

static size_t pages_of(size_t bytes)
{
	return (bytes + LT_SHARED_PAGE_BYTES - 1) / LT_SHARED_PAGE_BYTES;
}

/* The first of n free pages in a row from a given one on; n_pages without them.  Lock held. */
static size_t find_run(size_t from, size_t n)
{
	size_t n_free = 0;
	for (size_t i = from; i < n_pages; i++) {
		n_free = is_used[i] ? 0 : n_free + 1;
		if (n_free == n)
			return i + 1 - n;
	}
	return n_pages;
}

void *lt_shared_alloc(size_t bytes)
{
	size_t n = pages_of(bytes);
	char *memory = NULL;
	pthread_mutex_lock(&lock);
	size_t first = find_run(next, n);
	if (first == n_pages)
		first = find_run(0, n);
	if (n && first < n_pages) {
		memset(is_used + first, true, n);
		lt_shared_n_used += n;
		next = first + n;
		memory = lt_shared.heap + first * LT_SHARED_PAGE_BYTES;
	}
	pthread_mutex_unlock(&lock);
	return memory;
}

void lt_shared_free(void *memory, size_t bytes)
{
	pthread_mutex_lock(&lock);
	size_t first = (size_t)((char *)memory - lt_shared.heap) / LT_SHARED_PAGE_BYTES;
	if (lt_shared_contains(memory) && first + pages_of(bytes) <= n_pages) {
		memset(is_used + first, false, pages_of(bytes));
		lt_shared_n_used -= pages_of(bytes);
	}
	pthread_mutex_unlock(&lock);
}

/* --- keys --------------------------------------------------------------------------------- */

static const char *copy_key(const char *key, size_t len)
{
	if (len > n_key_bytes) {
		char *page = lt_shared_alloc(LT_SHARED_PAGE_BYTES);
		if (!page)
			return NULL;
		key_memory = page;
		n_key_bytes = LT_SHARED_PAGE_BYTES;
	}
	char *copy = key_memory;
	memcpy(copy, key, len);
	key_memory += len;
	n_key_bytes -= len;
	return copy;
}

/* Where a key has its copy, or is to have it; NULL: neither. */
static struct lt_shared_key *find_place(const char *key, size_t len)
{
	size_t at = lt_shared_key_place(key);
	for (size_t i = 0; i < LT_SHARED_KEY_TRIES; i++) {
		struct lt_shared_key *place = &lt_shared_keys[(at + i) % LT_SHARED_KEYS];
		const char *from = atomic_load_explicit(&place->from, memory_order_acquire);
		if (!from || (from == key && place->len == len))
			return place;
	}
	return NULL;
}

/* Keys lock held. */
static struct lt_shared_key *add_key(const char *key, size_t len, uint64_t mark)
{
	struct lt_shared_key *place = find_place(key, len);
	if (!place || atomic_load(&place->from)) /* by another thread, meanwhile */
		return place;
	const char *copy = copy_key(key, len);
	if (!copy)
		return NULL;
	place->copy = copy;
	place->len = len;
	place->mark = mark;
	atomic_store_explicit(&place->from, key, memory_order_release);
	return place;
}

/* The lock is not waited for: a signal's handler may have interrupted the holder. */
const struct lt_shared_key *lt_shared_get_key(const char *key, size_t len, uint64_t mark)
{
	struct lt_shared_key *place = len <= LT_SHARED_KEY_MAX_BYTES ? find_place(key, len) : NULL;
	if (!place || atomic_load_explicit(&place->from, memory_order_acquire))
		return place;
	if (pthread_mutex_trylock(&keys_lock) != 0)
		return NULL;
	place = add_key(key, len, mark);
	pthread_mutex_unlock(&keys_lock);
	return place;
}
