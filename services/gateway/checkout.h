/* SPDX-License-Identifier: Apache-2.0 */
/* checkout.h - GET /checkout[?item=widget&qty=1]: places an order and reports it. */
#ifndef GATEWAY_CHECKOUT_H
#define GATEWAY_CHECKOUT_H

#include "http_client.h"

/* Limits of an order; the order service has the same (orders.h). */
#define CHECKOUT_ITEM_MAX_BYTES 256 /* bytes of UTF-8 */
#define CHECKOUT_QTY_MAX 1000000

#define CHECKOUT_HEADERS_MAX 8

/* When an order is sent again. */
struct checkout_retries {
	unsigned n_max; /* 0: never, and it has no Idempotency-Key */
	bool (*wants)(const struct http_reply *reply);
	struct delay *delay; /* until then; NULL: none */
};

/** A reply after which an order is sent again: the order service cannot be reached, or its reply is not
 * whole. */
bool checkout_reply_is_lost(const struct http_reply *reply);

/**
 * Answers 200 {"status":"success","order":{…}} with the order service's own object, later, or an
 * error: 400 with the invalid parameter, 502 when the order service cannot be reached or its reply
 * is not an order, 504 when it takes too long.
 *
 * An order that may be sent again has an Idempotency-Key, the same each time.
 *
 * @param client   posts to the order service; on this thread's loop
 * @param retries  borrowed, longer than the request
 * @param headers  sent beside the usual ones, up to CHECKOUT_HEADERS_MAX; in memory of the request's pool
 */
void checkout(h2o_req_t *req, struct http_client *client, const struct checkout_retries *retries,
	const struct http_header *headers, size_t n_headers);

#endif
