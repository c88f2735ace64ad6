/* SPDX-License-Identifier: Apache-2.0 */
/* adjust.h - the adjustments that Jaeger makes to a trace in its answers, and its warnings.
 *
 * A server span that shares its id with a client span (Zipkin's convention) gets an id of its own
 * and becomes the client's child. Clock skew between a span and its parent is calculated and
 * reported, not corrected: Jaeger's max_clock_skew_adjust is 0 unless set.
 *
 * Source: cmd/query/app/querysvc/internal/adjuster of Jaeger 2.13. Its host key, of the attribute
 * "ip" that Jaeger's retired clients sent, is not supported: each span counts as another host's.
 */
#ifndef TRACEVIEW_QUERY_ADJUST_H
#define TRACEVIEW_QUERY_ADJUST_H

#include "store/trace.h"

struct adjusted {
	struct record *record; /* borrowed from the trace */
	uint8_t span_id[8];    /* the record's, or a new one */
	uint8_t parent_id[8];  /* all zero: none */
	int64_t skew_ns;       /* correction of the start, so that it fits its parent; 0: none */
	bool is_renamed;       /* span_id is new, and parent_id the old one */
	bool is_duplicate;     /* another span of the trace has span_id */
	bool parent_missing;   /* no span of the trace has parent_id */
};

/**
 * Makes the adjusted list of a trace's spans, in the order of trace_sorted().
 * @param raw      without changed ids and without warnings
 * @param ret_list new, for free(); trace->n_spans items
 * @return 0 or -ENOMEM
 */
LT_CHECKED int adjust_trace(const struct trace *trace, bool raw, struct adjusted **ret_list);

/** A span's duration as in Jaeger: at least 1 ns. */
static inline uint64_t adjusted_duration_ns(const struct record *record)
{
	return record->end_ns > record->start_ns ? record->end_ns - record->start_ns : 1;
}

#endif
