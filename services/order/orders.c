/* SPDX-License-Identifier: Apache-2.0 */
#include "orders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_answer.h"
#include "http_server.h"
#include "service_config.h"

/* The state of one thread. */
struct orders {
	const struct orders_service *service;
	struct delay durations[ORDER_STEPS_MAX];
};

#define REQUEST_BYTES                                                                              \
	16384 /* in flight and traced: as measured, and as much again for more headers */

struct settings {
	const struct orders_service *service;
	unsigned durations_ms[ORDER_STEPS_MAX];
};

/* --- processing an order ------------------------------------------------------------------ */

static struct orders *orders_of(const struct order *order)
{
	return http_state(order->work.req);
}

static void answer(struct order *order)
{
	http_answer(http_work_end(&order->work), 200,
		H2O_STRLIT("{\"order_id\":\"ord-789\",\"status\":\"created\"}"));
}

static void on_step_done(struct timer *timer);

/* Begins the next step, and those after it that take no time; answers after the last. */
static void go_on(struct order *order)
{
	struct orders *orders = orders_of(order);

	for (; order->step < orders->service->n_steps; order->step++) {
		const struct order_step *step = &orders->service->steps[order->step];
		struct delay *duration = &orders->durations[order->step];
		if (step->begin)
			step->begin(order);
		if (duration->ms > 0) {
			timer_start(&order->timer, duration, on_step_done);
			return;
		}
		if (step->end)
			step->end(order);
	}
	answer(order);
}

static void on_step_done(struct timer *timer)
{
	struct order *order = H2O_STRUCT_FROM_MEMBER(struct order, timer, timer);
	struct orders *orders = orders_of(order);
	const struct order_step *step = &orders->service->steps[order->step];

	if (step->end)
		step->end(order);
	order->step++;
	go_on(order);
}

static void stop_order(struct http_work *work)
{
	struct order *order = (struct order *)work;
	const struct orders_service *service = orders_of(order)->service;

	timer_stop(&order->timer);
	if (service->gone)
		service->gone(order);
}

/* --- accepting an order ------------------------------------------------------------------- */

const char *orders_check(const json_t *order, const json_t **ret_item, const json_t **ret_qty)
{
	const json_t *item = json_object_get(order, "item"), *qty = json_object_get(order, "qty");

	*ret_item = item;
	*ret_qty = qty;
	if (!json_is_string(item) || json_string_length(item) < 1 ||
		json_string_length(item) > ORDER_ITEM_MAX_BYTES)
		return "item must be a string of 1 to 256 bytes";
	if (!json_is_integer(qty) || json_integer_value(qty) < 1 ||
		json_integer_value(qty) > ORDER_QTY_MAX)
		return "qty must be a whole number from 1 to 1000000";
	return NULL;
}

void orders_take(h2o_req_t *req)
{
	const struct orders_service *service = ((struct orders *)http_state(req))->service;
	json_t *json = http_read_json(req);

	if (!json)
		return;
	const json_t *item, *qty;
	const char *wrong = orders_check(json, &item, &qty);
	if (wrong) {
		json_decref(json);
		http_error(req, 400, "invalid_field", wrong);
		return;
	}
	struct order *order = http_work_new(req, sizeof(*order) + service->extra_size, stop_order);
	order->item =
		h2o_strdup(&req->pool, json_string_value(item), json_string_length(item)).base;
	order->qty = json_integer_value(qty);
	json_decref(json);
	if (service->received)
		service->received(order);
	go_on(order);
}

/* --- the program -------------------------------------------------------------------------- */

static int start_thread(h2o_loop_t *loop, void *user, void **ret_state)
{
	const struct settings *settings = user;
	struct orders *orders = calloc(1, sizeof(*orders));

	if (!orders)
		return -ENOMEM;
	orders->service = settings->service;
	for (size_t i = 0; i < settings->service->n_steps; i++)
		delay_init(&orders->durations[i], loop, settings->durations_ms[i]);
	*ret_state = orders;
	return 0;
}

static void stop_thread(void *state)
{
	struct orders *orders = state;

	for (size_t i = 0; i < orders->service->n_steps; i++)
		delay_done(&orders->durations[i]);
	free(orders);
}

int orders_main(const struct orders_service *orders, int argc, char **argv)
{
	struct program program = {
		orders->name, "accepts orders by POST /orders", 8001, .lag_max_ms = 1000};
	struct settings settings = {.service = orders};
	struct config_setting durations[ORDER_STEPS_MAX + 1];
	const struct http_route route = {
		"/orders", "POST", orders->handle ? orders->handle : orders_take};
	const struct http_service service = {
		.routes = &route,
		.n_routes = 1,
		.start = start_thread,
		.stop = stop_thread,
		.user = &settings,
		.cost = {.descriptors = 1, .bytes = REQUEST_BYTES},
	};
	struct config config;
	size_t i;

	for (i = 0; i < orders->n_steps; i++)
		durations[i] = (struct config_setting){CONFIG_NUMBER, orders->steps[i].setting,
			orders->steps[i].help, .ret_number = &settings.durations_ms[i],
			.number = orders->steps[i].duration_ms, .max = 3600000};
	durations[i] = (struct config_setting){CONFIG_END};

	int status = config_load(&program, durations, argc, argv, &config);
	if (status >= 0)
		return status;
	if (orders->before && orders->before() != 0)
		return EXIT_FAILURE;
	status = http_serve(&service, &config);
	if (orders->after)
		orders->after();
	return status;
}
