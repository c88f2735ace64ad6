/* SPDX-License-Identifier: Apache-2.0 */
#include "orders_discount.h"

#include <libtrace/trace.h>

#include "discount.h"
#include "faults.h"
#include "orders_spans.h"
#include "orders_wrap.h"

static struct fault faults[] = {
	{"slow-discount",
		"a discount is computed before the insert, longer for customers with many orders",
		"1: on", 1, 1},
};

/* An order's, behind what the service itself adds to it. */
struct discounted {
	bool is;		   /* from the beginning of its insert on */
	struct discount *discount; /* in progress */
};

static struct orders_service plain; /* the service without this fault */
static struct order_step steps[ORDER_STEPS_MAX];
static void (*begin_insert)(struct order *order);
static size_t discounted_at; /* in order->extra */

static struct discounted *discounted_of(struct order *order)
{
	return (struct discounted *)(order->extra + discounted_at);
}

/* The step begins after its discount. */
static void begin(struct order *order)
{
	struct discounted *discounted = discounted_of(order);

	discounted->is = fault_size(order->work.req, &faults[0]) > 0;
	if (!discounted->is)
		begin_insert(order);
}

static void on_discount(struct order *order, unsigned percent)
{
	discounted_of(order)->discount = NULL;
	begin_insert(order);
	lt_span_set(spans_of(order)->step, LT_ATTRS(lt_int("order.discount_percent", percent)));
	if (plain.run(order))
		orders_step_done(order);
}

static bool run(struct order *order)
{
	struct discounted *discounted = discounted_of(order);
	struct lt_span *request = spans_of(order)->request;
	struct lt_scope scope;

	if (!orders_step(order)->is_insert || !discounted->is)
		return plain.run(order);
	struct lt_slice session = spans_session(order);
	lt_scope_enter(&scope, request);
	discounted->discount =
		discount_begin(order, h2o_iovec_init(session.ptr, session.len), on_discount);
	lt_scope_leave(&scope);
	return false;
}

static void on_gone(struct order *order)
{
	struct discounted *discounted = discounted_of(order);

	if (discounted->discount)
		discount_cancel(discounted->discount);
	plain.gone(order);
}

static void start_thread(h2o_loop_t *loop)
{
	plain.start_thread(loop);
	discount_start_thread(loop);
}

static void stop_thread(void)
{
	discount_stop_thread();
	plain.stop_thread();
}

void orders_discount_add(struct orders_service *service)
{
	faults_add(faults, 1);
	plain = *service;
	orders_wrap_insert(service, steps, begin, &begin_insert);
	discounted_at = orders_wrap_extra(service, sizeof(struct discounted));
	service->run = run;
	service->gone = on_gone;
	service->start_thread = start_thread;
	service->stop_thread = stop_thread;
}
