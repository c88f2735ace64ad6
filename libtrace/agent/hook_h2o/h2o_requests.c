/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing, at most half full; a removal moves later entries up, so
 * there are no tombstones. */
#include "hook_h2o/h2o_requests.h"
#include <pthread.h>
#include <stdlib.h>

#define MIN_PLACES 64 /* a power of two, likewise all that follow */

struct table {
	struct h2o_request *places;
	size_t n_places, n_used;
};

static __thread struct table table;
static pthread_key_t at_thread_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static size_t home(const struct table *t, const void *req)
{
	/* Fibonacci hashing: the upper bits depend on all of the address. */
	return (size_t)((uint64_t)(uintptr_t)req * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
	       (t->n_places - 1);
}

static struct h2o_request *find_place(const struct table *t, const void *req)
{
	size_t i = home(t, req);

	while (t->places[i].req && t->places[i].req != req)
		i = (i + 1) & (t->n_places - 1);
	return &t->places[i];
}

/* Requests that outlive their thread's loop end without a response. */
static void thread_exit(void *value)
{
	for (size_t i = 0; i < table.n_places; i++) {
		if (!table.places[i].req)
			continue;
		lt_span_end(table.places[i].upstream);
		lt_span_end(table.places[i].span);
	}
	free(table.places);
	table = (struct table){0};
}

static void make_key(void)
{
	pthread_key_create(&at_thread_exit, thread_exit);
}

static bool make_room(void)
{
	if (table.n_used * 2 < table.n_places)
		return true;

	struct table grown = {.n_places = table.n_places ? table.n_places * 2 : MIN_PLACES,
		.n_used = table.n_used};
	grown.places = calloc(grown.n_places, sizeof(struct h2o_request));
	if (!grown.places)
		return false;
	for (size_t i = 0; i < table.n_places; i++) {
		if (table.places[i].req)
			*find_place(&grown, table.places[i].req) = table.places[i];
	}
	free(table.places);
	table = grown;
	pthread_once(&once, make_key);
	pthread_setspecific(at_thread_exit, &table); /* any value but NULL calls thread_exit */
	return true;
}

struct h2o_request *h2o_request_find(const void *req)
{
	struct h2o_request *place = table.n_places ? find_place(&table, req) : NULL;

	return place && place->req ? place : NULL;
}

struct h2o_request *h2o_request_add(const void *req, struct lt_span *span)
{
	if (!make_room())
		return NULL;
	struct h2o_request *place = find_place(&table, req);
	*place = (struct h2o_request){.req = req, .span = span};
	table.n_used++;
	return place;
}

bool h2o_request_remove(const void *req, struct h2o_request *ret_request)
{
	struct h2o_request *place = h2o_request_find(req);

	if (!place)
		return false;
	*ret_request = *place;
	table.n_used--;

	size_t mask = table.n_places - 1;
	size_t hole = (size_t)(place - table.places), i = hole;
	for (;;) {
		table.places[hole].req = NULL;
		do {
			i = (i + 1) & mask;
			if (!table.places[i].req)
				return true;
			/* An entry may not move up past its home. */
		} while (((i - home(&table, table.places[i].req)) & mask) < ((i - hole) & mask));
		table.places[hole] = table.places[i];
		hole = i;
	}
}
