/* SPDX-License-Identifier: Apache-2.0 */
/* address_table.h - a thread's own table of entries by address, without a lock.
 *
 * Open addressing with linear probing, at most half full; a removal moves later entries up, so there
 * are no tombstones.  It grows with the largest number of entries at one time, and never shrinks.
 * The functions are inline, and an entry's size is known where they are called. */
#ifndef LT_AGENT_ADDRESS_TABLE_H
#define LT_AGENT_ADDRESS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_TABLE_MIN_PLACES 64 /* a power of two, likewise all that follow */

/* All zero: empty. */
struct address_table {
	char *places; /* entries, each of which begins with its address; NULL: a free place */
	size_t n_places, n_used;
	/* Set with the first places: */
	size_t bytes;		    /* of an entry */
	void (*drop)(void *entry);  /* for what is left at the thread's end */
	struct address_table *next; /* of this thread */
};

/** This thread's end empties a table that has its first places. */
void address_table_end_with_thread(
	struct address_table *table, size_t bytes, void (*drop)(void *entry));

static inline const void *address_table_key(
	const struct address_table *table, size_t bytes, size_t i)
{
	return *(const void *const *)(const void *)(table->places + i * bytes);
}

static inline size_t address_table_home(const struct address_table *table, const void *address)
{
	/* Fibonacci hashing: the upper bits depend on all of the address. */
	return (size_t)((uint64_t)(uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
	       (table->n_places - 1);
}

/* The place of an address, or a free one; there is one. */
static inline void *address_table_place(
	const struct address_table *table, size_t bytes, const void *address)
{
	size_t i = address_table_home(table, address);
	const void *key;

	while ((key = address_table_key(table, bytes, i)) && key != address)
		i = (i + 1) & (table->n_places - 1);
	return table->places + i * bytes;
}

/** The entry of an address; borrowed until the next add or remove; NULL: none. */
static inline void *address_table_find(
	const struct address_table *table, size_t bytes, const void *address)
{
	void *place = table->n_used ? address_table_place(table, bytes, address) : NULL;

	return place && *(const void **)place ? place : NULL;
}

/** Makes room for one more entry; false: there is no memory.
 * @param drop  called for each entry that is left at the thread's end */
static inline bool address_table_make_room(
	struct address_table *table, size_t bytes, void (*drop)(void *entry))
{
	if (table->n_used * 2 < table->n_places)
		return true;

	struct address_table grown = *table;
	grown.n_places = table->n_places ? table->n_places * 2 : ADDRESS_TABLE_MIN_PLACES;
	grown.places = calloc(grown.n_places, bytes);
	if (!grown.places)
		return false;
	for (size_t i = 0; i < table->n_places; i++) {
		const void *key = address_table_key(table, bytes, i);
		if (key)
			memcpy(address_table_place(&grown, bytes, key), table->places + i * bytes,
				bytes);
	}
	free(table->places);
	*table = grown;
	if (!table->drop)
		address_table_end_with_thread(table, bytes, drop);
	return true;
}

/** Adds a copy of an entry whose address has none, where room has been made; borrowed likewise. */
static inline void *address_table_add(struct address_table *table, size_t bytes, const void *entry)
{
	void *place = address_table_place(table, bytes, *(const void *const *)entry);

	table->n_used++;
	return memcpy(place, entry, bytes);
}

/** Removes an entry that is in the table. */
static inline void address_table_remove(struct address_table *table, size_t bytes, void *entry)
{
	size_t mask = table->n_places - 1;
	size_t hole = (size_t)((char *)entry - table->places) / bytes, i = hole;
	const void *key;

	table->n_used--;
	for (;;) {
		*(const void **)(void *)(table->places + hole * bytes) = NULL;
		do {
			i = (i + 1) & mask;
			key = address_table_key(table, bytes, i);
			if (!key)
				return;
			/* An entry may not move up past its home. */
		} while (((i - address_table_home(table, key)) & mask) < ((i - hole) & mask));
		memcpy(table->places + hole * bytes, table->places + i * bytes, bytes);
		hole = i;
	}
}

#endif
