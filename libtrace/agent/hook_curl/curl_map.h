/* SPDX-License-Identifier: Apache-2.0 */
/* curl_map.h - the agent's state of libcurl's handles, by address.
 *
 * A handle is used by one thread at a time (libcurl's own rule), so only a lookup takes a lock, and
 * only if the thread has not used the handle recently. */
#ifndef LT_AGENT_CURL_MAP_H
#define LT_AGENT_CURL_MAP_H

#include <stddef.h>
#include <stdint.h>

/* An address may belong to an easy handle first and to a multi handle later. */
enum curl_kind { CURL_KIND_EASY, CURL_KIND_MULTI };

/* The first member of a state. */
struct curl_entry {
	uintptr_t key;		 /* the handle's address, and its kind in the last bit */
	struct curl_entry *next; /* in its bucket; its lock held */
};

/** The state of a handle, or NULL. */
struct curl_entry *curl_map_find(enum curl_kind kind, const void *address);

/** The same, created if there is none: so many bytes, zero but for the entry.  NULL when out of
 * memory. */
struct curl_entry *curl_map_get(enum curl_kind kind, const void *address, size_t bytes);

/** Removes it from the map; new to the caller.  NULL: there was none. */
struct curl_entry *curl_map_remove(enum curl_kind kind, const void *address);

/** Puts back what curl_map_remove() took out. */
void curl_map_put_back(struct curl_entry *entry);

/** Locks and unlocks the whole map around a fork. */
void curl_map_lock(void);
void curl_map_unlock(void);

#endif
