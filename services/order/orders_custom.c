/* SPDX-License-Identifier: Apache-2.0 */
/* orders_custom.c - orders with spans and correlated log lines.
 *
 * Orders interleave on a thread, so a span is current only within one function here; between them
 * an order keeps its spans itself. Without a provider all of them are NULL, and the only difference
 * is that log lines have no ids.
 */
#include "orders_custom.h"

#include <libtrace/context.h>
#include <libtrace/semconv.h>
#include <libtrace/trace.h>

#include "base/monotonic.h"
#include "log.h"
#include "orders_custom_faults.h"
#include "orders_spans.h"

static struct lt_tracer *tracer;

static uint64_t as_it_is(const struct order *order)
{
	(void)order;
	return 0;
}

uint64_t (*orders_spans_now_ns)(const struct order *order) = as_it_is;

/* --- log lines ---------------------------------------------------------------------------- */

/* Source: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/ */
static void add_ids(struct log_line *line)
{
	struct lt_span_context context = lt_span_get_context(lt_span_current());

	if (!lt_span_context_is_valid(&context))
		return;
	struct lt_ids ids = lt_span_context_ids(&context);
	const struct log_field fields[] = {
		log_str("trace_id", ids.trace_id),
		log_str("span_id", ids.span_id),
		log_str("trace_flags", ids.trace_flags),
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		log_line_add(line, &fields[i]);
}

/* --- steps -------------------------------------------------------------------------------- */

static void begin_step(
	struct order *order, const char *name, const struct lt_attr *attrs, size_t n_attrs)
{
	struct spans *spans = spans_of(order);
	struct lt_scope scope;

	lt_scope_enter(&scope, spans->request); /* the parent */
	spans->step = lt_span_start(tracer, name,
		&(struct lt_span_options){.start_ns = orders_spans_now_ns(order),
			.attrs = attrs,
			.n_attrs = n_attrs});
	lt_scope_leave(&scope);
	spans->step_start_ms = monotonic_ms();
}

static void end_step(struct order *order, const char *message)
{
	struct spans *spans = spans_of(order);
	int64_t duration_ms = (int64_t)(monotonic_ms() - spans->step_start_ms);
	struct lt_scope scope;

	lt_scope_enter(&scope, spans->step);
	log_info(message, LOG_FIELDS(log_str("item", order->item), log_int("qty", order->qty),
				  log_int("duration_ms", duration_ms)));
	lt_scope_leave(&scope);
	lt_span_end_at(spans->step, orders_spans_now_ns(order));
	spans->step = NULL;
}

static void begin_check_inventory(struct order *order)
{
	begin_step(order, "check_inventory", LT_ATTRS(lt_str("item", order->item)));
}

static void end_check_inventory(struct order *order)
{
	end_step(order, "inventory checked");
}

static void begin_insert_order_record(struct order *order)
{
	begin_step(order, "insert_order_record",
		LT_ATTRS(lt_str("order.item", order->item), lt_int("order.qty", order->qty)));
}

static void end_insert_order_record(struct order *order)
{
	end_step(order, "order record inserted");
}

static void fail_insert_order_record(struct order *order, const char *error, const char *reason)
{
	struct spans *spans = spans_of(order);
	struct lt_scope scope;

	lt_scope_enter(&scope, spans->step);
	log_warn("order record not inserted",
		LOG_FIELDS(log_str("item", order->item), log_int("qty", order->qty),
			log_str("error", error), log_str("reason", reason)));
	lt_scope_leave(&scope);
	lt_span_set(spans->step, LT_ATTRS(lt_str(LT_ERROR_TYPE, error)));
	lt_span_status(spans->step, LT_STATUS_ERROR, reason);
	lt_span_end_at(spans->step, orders_spans_now_ns(order));
	spans->step = NULL;
}

static const struct order_step steps[] = {
	{"CHECK_INVENTORY_MS", 300, "how long the inventory check takes",
		.begin = begin_check_inventory, .end = end_check_inventory},
	{"INSERT_ORDER_RECORD_MS", 1500, "how long the insert takes, without a store",
		.is_insert = true, .begin = begin_insert_order_record,
		.end = end_insert_order_record, .fail = fail_insert_order_record},
};

/* --- the store ---------------------------------------------------------------------------- */

static void *run_statement(void *data, void *(*statement)(void *argument), void *argument)
{
	struct lt_scope scope;

	lt_scope_enter_context(&scope, data);
	void *result = statement(argument);
	lt_scope_leave(&scope);
	return result;
}

static void release_context(void *data)
{
	lt_context_release(data);
}

static struct order_store_context context_of(struct order *order)
{
	struct lt_scope scope;

	lt_scope_enter(&scope, order ? spans_of(order)->step : lt_span_current());
	struct lt_context *context = lt_context_current();
	lt_scope_leave(&scope);
	return (struct order_store_context){run_statement, release_context, context};
}

/* --- the life of an order ----------------------------------------------------------------- */

static void on_received(struct order *order)
{
	spans_of(order)->request = lt_span_hold(lt_span_current());
	log_info("order received",
		LOG_FIELDS(log_str("item", order->item), log_int("qty", order->qty)));
}

static void on_gone(struct order *order)
{
	struct spans *spans = spans_of(order);
	struct lt_scope scope;

	if (order->step < sizeof(steps) / sizeof(steps[0])) {
		lt_scope_enter(&scope, spans->step);
		log_warn("order cancelled: its client has disconnected",
			LOG_FIELDS(log_str("item", order->item), log_int("qty", order->qty)));
		lt_scope_leave(&scope);
		lt_span_event_at(spans->step, orders_spans_now_ns(order), "given_up", NULL, 0);
		lt_span_end_at(spans->step, orders_spans_now_ns(order));
	}
	lt_span_release(spans->request);
}

static int before(void)
{
	tracer = lt_tracer_get(NULL, "order-service", SERVICES_VERSION);
	log_set_context(add_ids);
	return 0;
}

struct orders_service orders_custom(const char *name)
{
	return (struct orders_service){
		.name = name,
		.steps = steps,
		.n_steps = sizeof(steps) / sizeof(steps[0]),
		.extra_size = sizeof(struct spans),
		.received = on_received,
		.context = context_of,
		.gone = on_gone,
		.before = before,
		.add_faults = orders_custom_faults_add,
	};
}
