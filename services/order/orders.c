/* SPDX-License-Identifier: Apache-2.0 */
#include "orders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "http_answer.h"
#include "http_server.h"
#include "log.h"
#include "service_config.h"

/* The state of one thread. */
struct orders {
	const struct orders_service *service;
	struct order_store_loop *store; /* NULL: none */
	struct delay durations[ORDER_STEPS_MAX];
};

#define REQUEST_BYTES                                                                              \
	16384 /* in flight and traced: as measured, and as much again for more headers */

struct settings {
	const struct orders_service *service;
	unsigned durations_ms[ORDER_STEPS_MAX];
	struct order_store *store; /* NULL: none */
};

/* --- processing an order ------------------------------------------------------------------ */

static struct orders *orders_of(const struct order *order)
{
	return http_state(order->work.req);
}

static void answer(struct order *order)
{
	h2o_req_t *req = http_work_end(&order->work);

	if (order->number > 0)
		orders_answer_stored(req, order->number);
	else
		http_answer(
			req, 200, H2O_STRLIT("{\"order_id\":\"ord-789\",\"status\":\"created\"}"));
}

const struct order_step *orders_step(const struct order *order)
{
	return &orders_of(order)->service->steps[order->step];
}

static bool run_step(struct orders *orders, struct order *order);

/* Begins the next step, and those after it that take no time; answers after the last. */
static void go_on(struct order *order)
{
	struct orders *orders = orders_of(order);
	const struct orders_service *service = orders->service;

	for (; order->step < service->n_steps; order->step++) {
		const struct order_step *step = &service->steps[order->step];
		if (step->begin)
			step->begin(order);
		if (!(service->run ? service->run(order) : run_step(orders, order)))
			return;
		if (step->end)
			step->end(order);
	}
	answer(order);
}

void orders_step_done(struct order *order)
{
	if (orders_step(order)->end)
		orders_step(order)->end(order);
	order->step++;
	go_on(order);
}

static void on_time(struct timer *timer)
{
	orders_step_done(H2O_STRUCT_FROM_MEMBER(struct order, timer, timer));
}

h2o_req_t *orders_fail(struct order *order, const char *error, const char *reason)
{
	if (orders_step(order)->fail)
		orders_step(order)->fail(order, error, reason);
	order->step = orders_of(order)->service->n_steps;
	return http_work_end(&order->work);
}

static bool is_same(const struct order *order, const struct order_record *record)
{
	return order->qty == record->qty && strcmp(order->item, record->item) == 0;
}

static void on_stored(void *user, const struct order_store_result *result)
{
	struct order *order = user;

	order->insert = NULL;
	if (result->error) {
		const char *name = order_store_error_name(result->error);
		orders_answer_error(orders_fail(order, name, result->reason), result->error);
	} else if (!is_same(order, &result->record)) {
		http_error(orders_fail(order, "key_reused", "another order has this key"), 422,
			"key_reused", "another order has this Idempotency-Key");
	} else {
		order->number = result->record.number;
		orders_step_done(order);
	}
}

static void store(struct order *order, struct order_store_loop *to)
{
	const struct order_store_insert insert = {.key = order->key,
		.item = order->item,
		.qty = order->qty,
		.context = orders_context(order->work.req, order)};

	order->insert = to->impl->insert(to, &insert, on_stored, order);
	if (!order->insert)
		orders_answer_error(orders_fail(order, order_store_error_name(ORDER_STORE_BUSY),
					    "too many orders wait for it"),
			ORDER_STORE_BUSY);
}

static bool run_step(struct orders *orders, struct order *order)
{
	struct delay *duration = &orders->durations[order->step];

	if (orders->service->steps[order->step].is_insert && orders->store) {
		store(order, orders->store);
		return false;
	}
	if (duration->ms == 0)
		return true;
	timer_start(&order->timer, duration, on_time);
	return false;
}

bool orders_run(struct order *order)
{
	return run_step(orders_of(order), order);
}

static void stop_order(struct http_work *work)
{
	struct order *order = (struct order *)work;
	const struct orders_service *service = orders_of(order)->service;

	timer_stop(&order->timer);
	if (order->insert)
		order->insert->impl->cancel(order->insert);
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

/* Copies the request's Idempotency-Key, if there is a store to have it.
 * Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @return false: it is no key */
static bool read_key(h2o_req_t *req, const char **ret_key)
{
	ssize_t at = orders_store(req) ? h2o_find_header_by_str(
						 &req->headers, H2O_STRLIT("idempotency-key"), -1)
				       : -1;

	*ret_key = NULL;
	if (at == -1)
		return true;
	h2o_iovec_t value = req->headers.entries[at].value;
	if (value.len < 1 || value.len > ORDER_KEY_MAX_BYTES)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.base[i] <= ' ' || value.base[i] > '~')
			return false;
	}
	*ret_key = h2o_strdup(&req->pool, value.base, value.len).base;
	return true;
}

void orders_take(h2o_req_t *req)
{
	const struct orders_service *service = ((struct orders *)http_state(req))->service;
	json_t *json = http_read_json(req);
	const char *key;

	if (!json)
		return;
	if (!read_key(req, &key)) {
		json_decref(json);
		http_error(req, 400, "invalid_field",
			"Idempotency-Key must be 1 to 64 printable characters");
		return;
	}
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
	order->key = key;
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
	if (settings->store) {
		int err = settings->store->impl->attach(settings->store, loop, &orders->store);
		if (err) {
			free(orders);
			return err;
		}
	}
	for (size_t i = 0; i < settings->service->n_steps; i++)
		delay_init(&orders->durations[i], loop, settings->durations_ms[i]);
	if (settings->service->start_thread)
		settings->service->start_thread(loop);
	*ret_state = orders;
	return 0;
}

static void stop_thread(void *state)
{
	struct orders *orders = state;

	for (size_t i = 0; i < orders->service->n_steps; i++)
		delay_done(&orders->durations[i]);
	if (orders->service->stop_thread)
		orders->service->stop_thread();
	if (orders->store)
		orders->store->impl->detach(orders->store);
	free(orders);
}

struct order_store_loop *orders_store(const h2o_req_t *req)
{
	return ((struct orders *)http_state(req))->store;
}

struct order_store_context orders_context(const h2o_req_t *req, struct order *order)
{
	const struct orders_service *service = ((struct orders *)http_state(req))->service;

	return service->context ? service->context(order) : (struct order_store_context){0};
}

/* @return -1 to continue, or the exit status */
static int open_store(const char *url, const struct order_store_settings *settings,
	struct order_store **ret_store)
{
	char why[ORDER_STORE_WHY_BYTES];
	int err = order_store_open(url, settings, why, ret_store);

	if (err == -EINVAL)
		return config_complain("ORDER_STORE", "%s, not \"%s\"", why,
			strchr(url, '@') ? "(not shown)" : url); /* it may contain a password */
	if (err) {
		log_error("ORDER_STORE cannot be used", LOG_FIELDS(log_str("reason", why)));
		return EXIT_FAILURE;
	}
	return -1;
}

static int serve(const struct orders_service *orders, bool has_faults, struct settings *settings,
	const struct config *config)
{
	const struct http_route find = {
		"/orders/", "GET", orders->handle_find ? orders->handle_find : orders_find};
	const struct http_route always[] = {
		{"/orders", "POST", orders->handle ? orders->handle : orders_take}, FAULTS_ROUTES};
	struct http_route routes[1 + sizeof(always) / sizeof(always[0])];
	size_t n = 0;

	if (settings->store)
		routes[n++] = find;
	for (size_t i = 0; i < (has_faults ? 1 + FAULTS_N_ROUTES : 1); i++)
		routes[n++] = always[i];
	const struct http_service service = {
		.routes = routes,
		.n_routes = n,
		.start = start_thread,
		.stop = stop_thread,
		.user = settings,
		.cost = {.descriptors = 1, .bytes = REQUEST_BYTES},
	};

	return http_serve(&service, config);
}

int orders_main(const struct orders_service *as_given, int argc, char **argv)
{
	struct program program = {
		as_given->name, "accepts orders by POST /orders", 8001, .lag_max_ms = 1000};
	struct orders_service orders = *as_given;
	struct settings settings = {.service = &orders};
	struct order_store_settings limits;
	const char *url;
	bool has_faults = false;
	unsigned lock_ms;
	atomic_uint same_lock_ms; /* unless a fault has its own */
	struct config_setting table[ORDER_STEPS_MAX + 5];
	struct config config;
	size_t n = 0;

	for (; n < orders.n_steps; n++)
		table[n] = (struct config_setting){CONFIG_NUMBER, orders.steps[n].setting,
			orders.steps[n].help, .ret_number = &settings.durations_ms[n],
			.number = orders.steps[n].duration_ms, .max = 3600000};
	table[n++] = (struct config_setting){CONFIG_TEXT, "ORDER_STORE",
		"where orders are stored: none, " ORDER_STORE_URLS, .option = "--store",
		.ret_text = &url, .text = "none"};
	table[n++] = (struct config_setting){CONFIG_NUMBER, "ORDER_STORE_TIMEOUT_MS",
		"longest wait for the store", .ret_number = &limits.timeout_ms, .number = 4000,
		.min = 1, .max = 3600000};
	table[n++] = (struct config_setting){CONFIG_NUMBER, "ORDER_STORE_LOCK_MS",
		"a second writer holds the store's lock so long at each insert",
		.ret_number = &lock_ms, .max = ORDER_STORE_LOCK_MAX_MS};
	if (orders.add_faults)
		table[n++] = (struct config_setting)FAULTS_SETTING(has_faults);
	table[n] = (struct config_setting){CONFIG_END};

	int status = config_load(&program, table, argc, argv, &config);
	if (status >= 0)
		return status;
	if (has_faults && !orders.run)
		orders.run = orders_run;
	orders.store_lock_ms = &same_lock_ms;
	if (has_faults)
		orders.add_faults(&orders);
	atomic_init(orders.store_lock_ms, lock_ms);
	limits.lock_ms = has_faults || lock_ms > 0 ? orders.store_lock_ms : NULL;
	if (orders.before && orders.before() != 0)
		return EXIT_FAILURE;
	status = open_store(url, &limits, &settings.store);
	if (status < 0)
		status = serve(&orders, has_faults, &settings, &config);
	if (settings.store)
		settings.store->impl->close(settings.store);
	if (orders.after)
		orders.after();
	return status;
}
