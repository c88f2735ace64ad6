/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
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
	const struct gateway_faults_impl *faults; /* NULL: none */
};

static int start_thread(h2o_loop_t *loop, void *user, void **ret_state)
{
	const struct gateway *gateway = user;
	struct gateway_orders *orders = calloc(1, sizeof(*orders));

	if (!orders)
		return -ENOMEM;
	int err = http_client_new(
		loop, gateway->orders_url, gateway->order_timeout_ms, &orders->client);
	if (!err && gateway->faults)
		err = gateway->faults->start(
			loop, gateway->orders_url, gateway->order_timeout_ms, orders);
	if (err) {
		http_client_free(orders->client);
		free(orders);
		return err;
	}
	delay_init(&orders->retry_delay, loop, RETRY_DELAY_MS);
	orders->retries = (struct checkout_retries){.n_max = gateway->order_retries,
		.wants = checkout_reply_is_lost,
		.delay = &orders->retry_delay};
	*ret_state = orders;
	return 0;
}

static void stop_thread(void *state)
{
	struct gateway_orders *orders = state;

	if (orders->faults)
		orders->faults->impl->stop(orders);
	http_client_free(orders->client);
	delay_done(&orders->retry_delay);
	free(orders);
}

struct gateway_orders *gateway_orders(const h2o_req_t *req)
{
	return http_state(req);
}

int gateway_main(const struct gateway_program *gateway_program, int argc, char **argv)
{
	struct program program = {gateway_program->name,
		"answers /checkout by placing an order with the order service", 8000,
		.lag_max_ms = 200};
	struct gateway gateway = {0};
	bool has_faults = false;
	const char *base;
	enum { FAULTS = 3 };
	struct config_setting settings[] = {
		{CONFIG_TEXT, "ORDER_SERVICE_URL", "base URL of the order service",
			.ret_text = &base, .text = "http://localhost:8001"},
		{CONFIG_NUMBER, "ORDER_TIMEOUT_MS", "longest wait for the order service",
			.ret_number = &gateway.order_timeout_ms, .number = 5000, .min = 1,
			.max = 3600000},
		{CONFIG_NUMBER, "ORDER_RETRIES",
			"how often an order is sent again, if its reply is lost, with the same "
			"Idempotency-Key",
			.ret_number = &gateway.order_retries, .max = 100},
		[FAULTS] = FAULTS_SETTING(has_faults),
		{CONFIG_END},
	};
	struct http_route routes[] = {{"/checkout", "GET", gateway_program->handle}, FAULTS_ROUTES};
	struct http_service service = {
		.routes = routes,
		.n_routes = 1,
		.start = start_thread,
		.stop = stop_thread,
		.user = &gateway,
		.cost = {.descriptors = 2, .bytes = REQUEST_BYTES},
	};
	struct config config;

	if (!gateway_program->faults)
		settings[FAULTS].kind = CONFIG_END;
	int status = config_load(&program, settings, argc, argv, &config);
	if (status >= 0)
		return status;
	if (has_faults) {
		gateway.faults = gateway_program->faults;
		gateway.faults->add();
		routes[0].handle = gateway.faults->handle;
		service.n_routes = sizeof(routes) / sizeof(routes[0]);
	}
	if (http_client_global_init() != 0)
		return EXIT_FAILURE;
	gateway.orders_url = http_client_url(base, "/orders");
	if (!gateway.orders_url)
		return config_complain("ORDER_SERVICE_URL",
			"must be an http or https URL such as http://localhost:8001, without "
			"query, fragment or user, not \"%s\"",
			strchr(base, '@') ? "(not shown)" : base); /* it may contain a password */
	if (gateway_program->before && gateway_program->before() != 0) {
		free(gateway.orders_url);
		return EXIT_FAILURE;
	}
	status = http_serve(&service, &config);
	if (gateway_program->after)
		gateway_program->after();
	free(gateway.orders_url);
	return status;
}
