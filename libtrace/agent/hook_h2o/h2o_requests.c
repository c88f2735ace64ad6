/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_h2o/h2o_requests.h"
#include "hook/address_table.h"

#define ENTRY_BYTES sizeof(struct h2o_request)

/* One that outlives its thread's loop ends without a response. */
static void drop(void *request)
{
	lt_span_end(((struct h2o_request *)request)->upstream);
	lt_span_end(((struct h2o_request *)request)->span);
}

static __thread struct address_table table; /* of struct h2o_request */

struct h2o_request *h2o_request_find(const void *req)
{
	return address_table_find(&table, ENTRY_BYTES, req);
}

struct h2o_request *h2o_request_add(const void *req, struct lt_span *span)
{
	const struct h2o_request request = {.req = req, .span = span};

	return address_table_make_room(&table, ENTRY_BYTES, drop)
		       ? address_table_add(&table, ENTRY_BYTES, &request)
		       : NULL;
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
