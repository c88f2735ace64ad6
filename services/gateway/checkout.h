/* SPDX-License-Identifier: Apache-2.0 */
/* checkout.h - GET /checkout[?item=widget&qty=1]: places an order and reports it. */
#ifndef GATEWAY_CHECKOUT_H
#define GATEWAY_CHECKOUT_H

#include "http_client.h"

/* Limits of an order; the order service has the same (orders.h). */
#define CHECKOUT_ITEM_MAX_BYTES 256 /* bytes of UTF-8 */
#define CHECKOUT_QTY_MAX 1000000

#define CHECKOUT_HEADERS_MAX 8

/* The order service, for one thread. */
struct checkout_orders {
	struct http_client *client;
	unsigned retries_max; /* of an order; 0: it has no Idempotency-Key */
	struct delay retry_delay;
};

/**
 * Answers 200 {"status":"success","order":{…}} with the order service's own object, later, or an
 * error: 400 with the invalid parameter, 502 when the order service cannot be reached or its reply
 * is not an order, 504 when it takes too long.
 *
 * An order that may be sent again, because the order service cannot be reached or its reply is not
 * whole, has an Idempotency-Key, the same each time.
 *
 * @param headers  sent beside the usual ones, up to CHECKOUT_HEADERS_MAX; in memory of the request's pool
 */
void checkout(h2o_req_t *req, struct checkout_orders *orders, const struct http_header *headers,
	size_t n_headers);

#endif
