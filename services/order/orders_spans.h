/* SPDX-License-Identifier: Apache-2.0 */
/* orders_spans.h - what orders_custom.c keeps of an order: for it, and for the faults that show in spans. */
#ifndef ORDER_ORDERS_SPANS_H
#define ORDER_ORDERS_SPANS_H

#include <libtrace/baggage.h>
#include <libtrace/trace.h>

#include "orders.h"

struct spans {
	struct lt_span *request; /* held: it may end before the order */
	struct lt_span *step;	 /* NULL: between two steps */
	uint64_t step_start_ms;
};

static inline struct spans *spans_of(const struct order *order)
{
	return (struct spans *)order->extra;
}

/* The session.id of the request's baggage; ptr NULL: its client has sent none. */
static inline struct lt_slice spans_session(const struct order *order)
{
	return lt_baggage_get(lt_span_baggage(spans_of(order)->request), "session.id");
}

/* The Unix time that the spans of an order's steps take for now; 0: what it is. */
extern uint64_t (*orders_spans_now_ns)(const struct order *order);

#endif
