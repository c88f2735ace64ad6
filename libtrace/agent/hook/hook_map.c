/* SPDX-License-Identifier: Apache-2.0 */
#include "hook/hook_map.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define N_SHARDS 16 /* so that contention is rare; a power of two */
#define MIN_BUCKETS 16

/* A sharded hash map.  Its locks are leaves: under them only memory is allocated. */
struct shard {
	pthread_mutex_t lock;
	struct hook_entry **buckets;
	size_t n_buckets; /* a power of two, or 0 */
	size_t n_entries;
};

static struct shard shards[N_SHARDS] = {[0 ... N_SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* This thread's recent lookups, so that most need no lock.  The removal of any entry invalidates
 * all of them, since its address may be reused. */
#define RECENT_FINDS 128 /* a power of two; usually enough for one event loop's concurrent calls */

struct find {
	uintptr_t key;
	const struct hook_kind *kind;
	struct hook_entry *entry;
	uint64_t n_removed; /* as it was then */
};

static __thread struct find *recent; /* RECENT_FINDS; NULL: none yet, or no memory */
static pthread_key_t at_thread_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic uint64_t n_removed; /* entries in total; incremented with the shard's lock held */

static uint64_t hash(uintptr_t key)
{
	/* Fibonacci hashing: the upper bits depend on all of the key. */
	return (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

static struct shard *lock_shard(uintptr_t key)
{
	struct shard *shard = &shards[hash(key) % N_SHARDS];

	pthread_mutex_lock(&shard->lock);
	return shard;
}

/* The link to the entry, or to the NULL at its bucket's end.  Lock held, buckets not NULL. */
static struct hook_entry **find_link(
	struct shard *shard, const struct hook_kind *kind, uintptr_t key)
{
	struct hook_entry **link = &shard->buckets[hash(key) / N_SHARDS % shard->n_buckets];

	while (*link && ((*link)->key != key || (*link)->kind != kind))
		link = &(*link)->next;
	return link;
}

/* One entry per bucket on average.  Lock held. */
static bool make_room(struct shard *shard)
{
	if (shard->n_entries < shard->n_buckets)
		return true;

	struct shard grown = {.n_buckets = shard->n_buckets ? shard->n_buckets * 2 : MIN_BUCKETS};
	grown.buckets = calloc(grown.n_buckets, sizeof(struct hook_entry *));
	if (!grown.buckets)
		return shard->n_buckets > 0;
	for (size_t i = 0; i < shard->n_buckets; i++) {
		for (struct hook_entry *entry = shard->buckets[i], *next; entry; entry = next) {
			next = entry->next;
			entry->next = NULL;
			*find_link(&grown, entry->kind, entry->key) = entry;
		}
	}
	free(shard->buckets);
	shard->buckets = grown.buckets;
	shard->n_buckets = grown.n_buckets;
	return true;
}

/* Lock held, room made. */
static void add(struct shard *shard, struct hook_entry *entry)
{
	*find_link(shard, entry->kind, entry->key) = entry;
	shard->n_entries++;
}

static void thread_exit(void *value)
{
	free(recent);
	recent = NULL;
}

static void make_key(void)
{
	pthread_key_create(&at_thread_exit, thread_exit);
}

static struct find *recent_find(uintptr_t key)
{
	return &recent[hash(key) / N_SHARDS % RECENT_FINDS];
}

/* On the heap, since the static TLS that the dynamic linker reserves for late objects is small and
 * shared. */
static void make_recent(void)
{
	recent = calloc(RECENT_FINDS, sizeof(*recent));
	pthread_once(&once, make_key);
	pthread_setspecific(at_thread_exit, recent);
}

__attribute__((noinline)) static struct hook_entry *find_slowly(
	const struct hook_kind *kind, uintptr_t key, bool makes)
{
	if (!recent)
		make_recent();
	struct find *last = recent ? recent_find(key) : NULL;
	struct shard *shard = lock_shard(key);
	uint64_t now = atomic_load_explicit(&n_removed, memory_order_relaxed);
	struct hook_entry *entry = shard->n_buckets ? *find_link(shard, kind, key) : NULL;
	if (!entry && makes && make_room(shard) && (entry = calloc(1, kind->bytes))) {
		*entry = (struct hook_entry){.key = key, .kind = kind};
		add(shard, entry);
	}
	pthread_mutex_unlock(&shard->lock);
	if (entry && last)
		*last = (struct find){key, kind, entry, now};
	return entry;
}

static inline struct hook_entry *find(const struct hook_kind *kind, uintptr_t key, bool makes)
{
	const struct find *last = recent ? recent_find(key) : NULL;

	if (last && last->key == key && last->kind == kind &&
		last->n_removed == atomic_load_explicit(&n_removed, memory_order_acquire))
		return last->entry;
	return find_slowly(kind, key, makes);
}

struct hook_entry *hook_map_find(const struct hook_kind *kind, const void *address)
{
	return find(kind, (uintptr_t)address, false);
}

struct hook_entry *hook_map_get(const struct hook_kind *kind, const void *address)
{
	return find(kind, (uintptr_t)address, true);
}

struct hook_entry *hook_map_remove(const struct hook_kind *kind, const void *address)
{
	uintptr_t key = (uintptr_t)address;
	struct shard *shard = lock_shard(key);
	struct hook_entry **link = shard->n_buckets ? find_link(shard, kind, key) : NULL;
	struct hook_entry *entry = link ? *link : NULL;

	if (entry) {
		*link = entry->next;
		shard->n_entries--;
		atomic_fetch_add_explicit(&n_removed, 1, memory_order_release);
	}
	pthread_mutex_unlock(&shard->lock);
	return entry;
}

void hook_map_put_back(struct hook_entry *entry)
{
	struct shard *shard = lock_shard(entry->key);

	entry->next = NULL;
	make_room(shard); /* re-added, which never fails: without memory its bucket gets longer */
	add(shard, entry);
	pthread_mutex_unlock(&shard->lock);
}

static void lock_all(void)
{
	for (size_t i = 0; i < N_SHARDS; i++)
		pthread_mutex_lock(&shards[i].lock);
}

static void unlock_all(void)
{
	for (size_t i = N_SHARDS; i-- > 0;)
		pthread_mutex_unlock(&shards[i].lock);
}

__attribute__((constructor)) static void guard_forks(void)
{
	pthread_atfork(lock_all, unlock_all, unlock_all);
}
