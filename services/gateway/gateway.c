/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_server.h"
#include "service_config.h"

#define REQUEST_BYTES                                                                              \
	49152 /* in flight and traced: as measured, and as much again for more headers */

/* Until an order is sent again: a service that is started anew is ready by then. */
#define RETRY_DELAY_MS 200

struct gateway {
	char *orders_url;
	unsigned order_timeout_ms;
	unsigned order_retries;
};

static int start_thread(h2o_loop_t *loop, void *user, void **ret_state)
{
	const struct gateway *gateway = user;
	struct checkout_orders *orders = calloc(1, sizeof(*orders));

	if (!orders)
		return -ENOMEM;
	int err = http_client_new(
		loop, gateway->orders_url, gateway->order_timeout_ms, &orders->client);
	if (err) {
		free(orders);
		return err;
	}
	orders->retries_max = gateway->order_retries;
	delay_init(&orders->retry_delay, loop, RETRY_DELAY_MS);
	*ret_state = orders;
	return 0;
}

static void stop_thread(void *state)
{
	struct checkout_orders *orders = state;

	http_client_free(orders->client);
	delay_done(&orders->retry_delay);
	free(orders);
}

struct checkout_orders *gateway_orders(const h2o_req_t *req)
{
	return http_state(req);
}

int gateway_main(const char *name, void (*handle)(h2o_req_t *req), int (*before)(void),
	void (*after)(void), int argc, char **argv)
{
	struct program program = {name,
		"answers /checkout by placing an order with the order service", 8000,
		.lag_max_ms = 200};
	struct gateway gateway;
	const char *base;
	const struct config_setting settings[] = {
		{CONFIG_TEXT, "ORDER_SERVICE_URL", "base URL of the order service",
			.ret_text = &base, .text = "http://localhost:8001"},
		{CONFIG_NUMBER, "ORDER_TIMEOUT_MS", "longest wait for the order service",
			.ret_number = &gateway.order_timeout_ms, .number = 5000, .min = 1,
			.max = 3600000},
		{CONFIG_NUMBER, "ORDER_RETRIES",
			"how often an order is sent again, if its reply is lost, with the same "
			"Idempotency-Key",
			.ret_number = &gateway.order_retries, .max = 100},
		{CONFIG_END},
	};
	const struct http_route routes[] = {{"/checkout", "GET", handle}};
	const struct http_service service = {
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
		.start = start_thread,
		.stop = stop_thread,
		.user = &gateway,
		.cost = {.descriptors = 2, .bytes = REQUEST_BYTES},
	};
	struct config config;

	int status = config_load(&program, settings, argc, argv, &config);
	if (status >= 0)
		return status;
	if (http_client_global_init() != 0)
		return EXIT_FAILURE;
	gateway.orders_url = http_client_url(base, "/orders");
	if (!gateway.orders_url)
		return config_complain("ORDER_SERVICE_URL",
			"must be an http or https URL such as http://localhost:8001, without "
			"query, fragment or user, not \"%s\"",
			strchr(base, '@') ? "(not shown)" : base); /* it may contain a password */
	if (before && before() != 0) {
		free(gateway.orders_url);
		return EXIT_FAILURE;
	}
	status = http_serve(&service, &config);
	if (after)
		after();
	free(gateway.orders_url);
	return status;
}
