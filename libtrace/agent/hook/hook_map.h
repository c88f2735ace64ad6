/* SPDX-License-Identifier: Apache-2.0 */
/* hook_map.h - the agent's state of the libraries' objects (a handle, a connection), by address.
 *
 * Such an object is used by one thread at a time (the libraries' own rule), so only a lookup takes a
 * lock, and only if the thread has not used the object recently. */
#ifndef LT_AGENT_HOOK_MAP_H
#define LT_AGENT_HOOK_MAP_H

#include <stddef.h>
#include <stdint.h>

/* A kind of object, by its address: the same address may belong to objects of several kinds. */
struct hook_kind {
	size_t bytes; /* of a state */
};

/* The first member of a state. */
struct hook_entry {
	uintptr_t key; /* the object's address */
	const struct hook_kind *kind;
	struct hook_entry *next; /* in its bucket; its lock held */
};

/** The state of an object, or NULL. */
struct hook_entry *hook_map_find(const struct hook_kind *kind, const void *address);

/** The same, created if there is none: zero but for the entry.  NULL when out of memory. */
struct hook_entry *hook_map_get(const struct hook_kind *kind, const void *address);

/** Removes it from the map; new to the caller.  NULL: there was none. */
struct hook_entry *hook_map_remove(const struct hook_kind *kind, const void *address);

/** Puts back what hook_map_remove() took out. */
void hook_map_put_back(struct hook_entry *entry);

#endif
