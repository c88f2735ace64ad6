/* SPDX-License-Identifier: Apache-2.0 */
/* checkout.h - GET /checkout[?item=widget&qty=1]: orders from the order service and reports it. */
#ifndef GATEWAY_CHECKOUT_H
#define GATEWAY_CHECKOUT_H

#include "http_client.h"

/* What an order may be; the order service has the same limits (orders.h). */
#define CHECKOUT_ITEM_MAX 256 /* bytes of UTF-8 */
#define CHECKOUT_QTY_MAX 1000000

#define CHECKOUT_HEADERS_MAX 8

/**
 * Answers 200 {"status":"success","order":{…}} with the order service's own object, later, or an
 * error: 400 naming the parameter that is wrong, 502 when the order service cannot be reached or
 * answers anything but an order, 504 when it takes too long.
 *
 * @param headers  sent with the order beside the usual ones; copied
 */
void checkout(h2o_req_t *req, struct http_client *orders, const struct http_header *headers,
	size_t n_headers);

#endif
