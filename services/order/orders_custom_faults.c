/* SPDX-License-Identifier: Apache-2.0 */
#include "orders_custom_faults.h"

#include <libtrace/context.h>
#include <time.h>

#include "orders_discount.h"
#include "orders_faults.h"
#include "orders_spans.h"
#include "orders_wrap.h"

#define NS_PER_MS 1000000ULL

enum { WRONG_CLOCK, HIDDEN_FAILURE, N_FAULTS };

static struct fault faults[N_FAULTS] = {
	[WRONG_CLOCK] = {"wrong-clock",
		"the spans of an order's steps are SIZE ms too early, as of a host whose clock is "
		"behind",
		"ms", 2000, 3600000},
	[HIDDEN_FAILURE] = {"hidden-failure",
		"the steps of an order that is going to fail are not sampled", "1: on", 1, 1},
};

/* An order's, in place of orders_custom.c's. */
struct faulty_spans {
	struct spans spans;
	uint64_t behind_ns; /* its clock */
};

static struct orders_service plain; /* the service without faults */
static struct order_step steps[ORDER_STEPS_MAX];
static void (*begin_insert_plainly)(struct order *order);

static unsigned size_of(const struct order *order, unsigned fault)
{
	return fault_size(order->work.req, &faults[fault]);
}

/* --- whose turn it is --------------------------------------------------------------------- */

static void begin_insert(struct order *order)
{
	begin_insert_plainly(order);
	lt_span_set(spans_of(order)->step, LT_ATTRS(lt_strn("session.id", spans_session(order))));
}

static void on_queued(struct order *order, struct order *behind)
{
	struct lt_span_context context = lt_span_get_context(spans_of(behind)->request);
	struct lt_ids ids = lt_span_context_ids(&context);

	lt_span_event_at(spans_of(order)->step, orders_spans_now_ns(order), "waits_for_turn",
		LT_ATTRS(lt_strn("behind.session.id", spans_session(behind)),
			lt_str("behind.trace_id", ids.trace_id)));
}

static void on_cached(struct order *order, bool is_hit)
{
	lt_span_set(spans_of(order)->step, LT_ATTRS(lt_bool("inventory.cache.hit", is_hit)));
}

/* --- spans that mislead ------------------------------------------------------------------- */

static uint64_t wrong_now_ns(const struct order *order)
{
	uint64_t behind_ns = ((struct faulty_spans *)order->extra)->behind_ns;
	struct timespec now;

	if (behind_ns == 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec - behind_ns;
}

/* Steps follow their parent: one that is not sampled here, as far as they see. */
static void hide(struct spans *spans)
{
	struct lt_span_context context = lt_span_get_context(spans->request);

	context.flags &= (uint8_t)~LT_FLAG_SAMPLED;
	struct lt_span *hidden = lt_span_wrap(&context);
	if (!hidden)
		return;
	lt_span_release(spans->request);
	spans->request = lt_span_hold(hidden);
	lt_span_end(hidden);
}

static void on_received(struct order *order)
{
	plain.received(order);
	/* For its life: else a switch between a step's begin and end would end it before it began. */
	((struct faulty_spans *)order->extra)->behind_ns = size_of(order, WRONG_CLOCK) * NS_PER_MS;
	if (size_of(order, HIDDEN_FAILURE) > 0 && orders_faults_fails(order))
		hide(spans_of(order));
}

void orders_custom_faults_add(struct orders_service *service)
{
	plain = *service;
	orders_wrap_insert(service, steps, begin_insert, &begin_insert_plainly);
	orders_spans_now_ns = wrong_now_ns;
	service->extra_size = sizeof(struct faulty_spans);
	service->received = on_received;
	service->queued = on_queued;
	service->cached = on_cached;
	orders_faults_add(service);
	faults_add(faults, N_FAULTS);
	orders_discount_add(service);
}
