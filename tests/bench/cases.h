/* SPDX-License-Identifier: Apache-2.0 */
/* cases.h - the spans of all span benchmarks, ours and the peers'. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include <libtrace/trace.h>

#define CASE_SPANS 2

/** A root and its child, each with 3 attributes and 1 event. */
static inline void case_sampled(struct lt_tracer *tracer)
{
	struct lt_span *root = lt_span_start(tracer, "GET /checkout",
		&(struct lt_span_options){.root = true, .kind = LT_KIND_SERVER});
	lt_span_set(root,
		LT_ATTRS(lt_str("http.request.method", "GET"), lt_str("url.path", "/checkout"),
			lt_int("http.response.status_code", 200)));
	lt_span_event(root, "received", NULL, 0);
	struct lt_span_context parent = lt_span_get_context(root);
	struct lt_span *child = lt_span_start(
		tracer, "check_inventory", &(struct lt_span_options){.parent = &parent});
	lt_span_set(child, LT_ATTRS(lt_str("order.item", "widget"),
				   lt_str("db.system", "postgresql"), lt_int("order.qty", 1)));
	lt_span_event(child, "checked", NULL, 0);
	lt_span_end(child);
	lt_span_end(root);
}

#endif
