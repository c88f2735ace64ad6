/* SPDX-License-Identifier: Apache-2.0 */
/* main_manual.c - the program api-gateway-manual: the api-gateway with a span of its own,
 * propagated to the order service header by header, without libtrace-instrument. */
#include "gateway.h"
#include "server_span.h"

#include <errno.h>

#include <libtrace/propagation.h>

/* The headers of the outgoing call, as a carrier. */
struct outgoing {
	h2o_req_t *req; /* whose pool holds the values */
	struct http_header headers[CHECKOUT_HEADERS_MAX];
	size_t n;
};

static int set_header(void *carrier, const char *key, const char *value)
{
	struct outgoing *outgoing = carrier;

	if (outgoing->n == CHECKOUT_HEADERS_MAX)
		return -ENOSPC;
	outgoing->headers[outgoing->n++] = (struct http_header){
		.name = h2o_strdup(&outgoing->req->pool, key, SIZE_MAX).base,
		.value = h2o_strdup(&outgoing->req->pool, value, SIZE_MAX).base,
	};
	return 0;
}

static void checkout_with_context(h2o_req_t *req)
{
	static const struct lt_carrier_impl headers = {.set = set_header};
	const struct gateway_orders *orders = gateway_orders(req);
	struct outgoing outgoing = {.req = req};

	lt_inject(&headers, &outgoing, NULL);
	checkout(req, orders->client, &orders->retries, outgoing.headers, outgoing.n);
}

static void on_checkout(h2o_req_t *req)
{
	manual_handle(req, "GET /checkout (manual)", "/checkout", checkout_with_context);
}

static int before(void)
{
	return manual_start("api-gateway");
}

int main(int argc, char **argv)
{
	const struct gateway_program program = {.name = "api-gateway-manual",
		.handle = on_checkout,
		.before = before,
		.after = manual_stop};

	return gateway_main(&program, argc, argv);
}
