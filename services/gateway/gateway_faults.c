/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway_faults.h"

#include <errno.h>
#include <stdlib.h>

#include "faults.h"

enum { RETRY_STORM, N_PLUS_ONE, LOST_CONTEXT, SLOW_NAME_SERVER, N_FAULTS };

static struct fault faults[N_FAULTS] = {
	[RETRY_STORM] = {"retry-storm",
		"an order that fails is sent again at once, up to SIZE times", "retries", 4, 100},
	[N_PLUS_ONE] = {"n-plus-one",
		"a checkout calls the order service SIZE times, one after the other", "calls", 8,
		100},
	[LOST_CONTEXT] = {"lost-context", "the order is sent without traceparent", "1: on", 1, 1},
	[SLOW_NAME_SERVER] = {"slow-name-server",
		"each order looks up the order service's name, which blocks for SIZE ms", "ms", 250,
		60000},
};

struct thread_faults {
	struct gateway_faults faults;
	struct http_client *slow_names;
};

static int start(
	h2o_loop_t *loop, const char *url, unsigned timeout_ms, struct gateway_orders *orders)
{
	struct thread_faults *mine = calloc(1, sizeof(*mine));

	if (!mine)
		return -ENOMEM;
	int err = http_client_new(loop, url, timeout_ms, &mine->slow_names);
	if (err) {
		free(mine);
		return err;
	}
	mine->faults.impl = &gateway_faults;
	orders->faults = &mine->faults;
	return 0;
}

static struct thread_faults *faults_of(const struct gateway_orders *orders)
{
	return (struct thread_faults *)orders->faults;
}

static void stop(struct gateway_orders *orders)
{
	struct thread_faults *mine = faults_of(orders);

	http_client_free(mine->slow_names);
	free(mine);
}

static void add(void)
{
	faults_add(faults, N_FAULTS);
}

/* --- the requests ------------------------------------------------------------------------- */

static bool has_failed(const struct http_reply *reply)
{
	return reply->error || reply->status >= 500;
}

static bool has_succeeded(const struct http_reply *reply)
{
	return !has_failed(reply);
}

/* The usual ones, or those of a fault. */
static const struct checkout_retries *retries_of(h2o_req_t *req, struct gateway_orders *orders)
{
	unsigned n_retries = fault_size(req, &faults[RETRY_STORM]);
	unsigned n_calls = fault_size(req, &faults[N_PLUS_ONE]);

	if (n_retries == 0 && n_calls <= 1)
		return &orders->retries;
	struct checkout_retries *retries = h2o_mem_alloc_shared(&req->pool, sizeof(*retries), NULL);
	*retries = (struct checkout_retries){.n_max = n_retries > 0 ? n_retries : n_calls - 1,
		.wants = n_retries > 0 ? has_failed : has_succeeded};
	return retries;
}

static size_t headers_of(h2o_req_t *req, struct http_header headers[2])
{
	ssize_t at = h2o_find_header_by_str(&req->headers, H2O_STRLIT(FAULT_HEADER), -1);
	size_t n = 0;

	if (at != -1) {
		h2o_iovec_t value = req->headers.entries[at].value;
		headers[n++] = (struct http_header){
			FAULT_HEADER, h2o_strdup(&req->pool, value.base, value.len).base};
	}
	/* Of a request that sets it the agent adds none, and libcurl sends no empty header. */
	if (fault_size(req, &faults[LOST_CONTEXT]) > 0)
		headers[n++] = (struct http_header){"traceparent", ""};
	return n;
}

static void handle(h2o_req_t *req)
{
	struct gateway_orders *orders = gateway_orders(req);
	unsigned lookup_ms = fault_size(req, &faults[SLOW_NAME_SERVER]);
	struct http_client *client = orders->client;
	struct http_header headers[2];

	if (lookup_ms > 0) {
		client = faults_of(orders)->slow_names;
		http_client_slow_down_lookups(client, lookup_ms);
	}
	size_t n = headers_of(req, headers);
	checkout(req, client, retries_of(req, orders), headers, n);
}

const struct gateway_faults_impl gateway_faults = {add, start, stop, handle};
