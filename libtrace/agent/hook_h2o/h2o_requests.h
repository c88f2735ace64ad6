/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_requests.h - maps h2o requests to their spans.
 *
 * A request stays on its thread, so each thread has its own table and no lock is needed.  It grows
 * with the largest number of concurrent requests on the thread, at most 80 bytes each, and never
 * shrinks. */
#ifndef LT_AGENT_H2O_REQUESTS_H
#define LT_AGENT_H2O_REQUESTS_H

#include <libtrace/trace.h>

struct h2o_request {
	const void *req;	  /* an h2o_req_t; NULL: a free place */
	struct lt_span *span;	  /* SERVER; NULL: the request is not traced */
	struct lt_span *upstream; /* CLIENT, of libh2o's proxy, until its response arrives */
	void *sent_up;	   /* the proxy's request; in the request's pool; NULL: never proxied */
	bool has_caller;   /* it came with a context, which the span continues */
	bool has_response; /* an answer has begun */
	bool is_given_up;  /* its handler ended the response with an error */
	bool is_switched;  /* the connection has changed to another protocol */
};

/** The entry of a request; borrowed until the next add or remove; NULL: none. */
struct h2o_request *h2o_request_find(const void *req);

/** Adds the entry of a request that has none; borrowed likewise; NULL when out of memory. */
struct h2o_request *h2o_request_add(const void *req, struct lt_span *span);

/** Removes the entry; false: there was none. */
bool h2o_request_remove(const void *req, struct h2o_request *ret_request);

#endif
