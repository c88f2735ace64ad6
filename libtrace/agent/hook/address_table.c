/* SPDX-License-Identifier: Apache-2.0 */
#include "hook/address_table.h"
#include <pthread.h>

static __thread struct address_table *first; /* of this thread */
static pthread_key_t at_thread_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void empty(struct address_table *table)
{
	for (size_t i = 0; i < table->n_places; i++) {
		if (address_table_key(table, table->bytes, i))
			table->drop(table->places + i * table->bytes);
	}
	free(table->places);
	*table = (struct address_table){0};
}

static void thread_exit(void *value)
{
	while (first) {
		struct address_table *table = first;
		first = table->next;
		empty(table);
	}
}

static void make_key(void)
{
	pthread_key_create(&at_thread_exit, thread_exit);
}

void address_table_end_with_thread(
	struct address_table *table, size_t bytes, void (*drop)(void *entry))
{
	table->drop = drop;
	table->bytes = bytes;
	table->next = first;
	first = table;
	pthread_once(&once, make_key);
	pthread_setspecific(at_thread_exit, table); /* any value but NULL calls thread_exit */
}
