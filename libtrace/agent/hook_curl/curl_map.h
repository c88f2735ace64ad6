/* SPDX-License-Identifier: Apache-2.0 */
/* curl_map.h - what the agent knows of libcurl's handles, found by their addresses.
 *
 * A handle is used by one thread at a time (libcurl's own rule), so only a look-up takes a lock,
 * and that only where the thread has not had the handle lately.
 */
#ifndef LT_AGENT_CURL_MAP_H
#define LT_AGENT_CURL_MAP_H

#include <stddef.h>
#include <stdint.h>

/* One address may be an easy handle's first and a multi handle's later. */
enum curl_kind { CURL_KIND_EASY, CURL_KIND_MULTI };

/* The first member of what is kept. */
struct curl_entry {
	uintptr_t key;		 /* the handle's address, and its kind in the last bit */
	struct curl_entry *next; /* in its bucket; its lock held */
};

/** What is kept of a handle, or NULL. */
struct curl_entry *curl_map_find(enum curl_kind kind, const void *address);

/** The same, made when there is none: bytes of it, all zero but for the entry.  NULL without
 * memory. */
struct curl_entry *curl_map_get(enum curl_kind kind, const void *address, size_t bytes);

/** Takes it out of the map; it is the caller's then.  NULL: there was none. */
struct curl_entry *curl_map_remove(enum curl_kind kind, const void *address);

/** Puts back what curl_map_remove() took out. */
void curl_map_put_back(struct curl_entry *entry);

/** Locks and unlocks the whole map round a fork. */
void curl_map_lock(void);
void curl_map_unlock(void);

#endif
