/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_h2o/h2o_requests.h"
#include "hook/address_table.h"
#include <pthread.h>

#define ENTRY_BYTES sizeof(struct h2o_request)

static __thread struct address_table table; /* of struct h2o_request */
static pthread_key_t at_thread_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Requests that outlive their thread's loop end without a response. */
static void thread_exit(void *value)
{
	struct h2o_request *places = (struct h2o_request *)(void *)table.places;

	for (size_t i = 0; i < table.n_places; i++) {
		if (!places[i].req)
			continue;
		lt_span_end(places[i].upstream);
		lt_span_end(places[i].span);
	}
	free(places);
	table = (struct address_table){0};
}

static void make_key(void)
{
	pthread_key_create(&at_thread_exit, thread_exit);
}

static bool make_room(void)
{
	size_t n_places = table.n_places;

	if (!address_table_make_room(&table, ENTRY_BYTES))
		return false;
	if (table.n_places != n_places) {
		pthread_once(&once, make_key);
		pthread_setspecific(
			at_thread_exit, &table); /* any value but NULL calls thread_exit */
	}
	return true;
}

struct h2o_request *h2o_request_find(const void *req)
{
	return address_table_find(&table, ENTRY_BYTES, req);
}

struct h2o_request *h2o_request_add(const void *req, struct lt_span *span)
{
	const struct h2o_request request = {.req = req, .span = span};

	return make_room() ? address_table_add(&table, ENTRY_BYTES, &request) : NULL;
}

bool h2o_request_remove(const void *req, struct h2o_request *ret_request)
{
	struct h2o_request *request = h2o_request_find(req);

	if (!request)
		return false;
	*ret_request = *request;
	address_table_remove(&table, ENTRY_BYTES, request);
	return true;
}
