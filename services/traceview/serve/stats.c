/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - writes traceview's counters. */
#include "serve/stats.h"

#include "base/json_writer.h"
#include "http_counts.h"

#include <inttypes.h>

struct metric {
	const char *name, *type, *help;
	uint64_t value;
};

void stats_write_metrics(struct buffer *out, const struct stats_source *source)
{
	const struct receiver *receiver = source->receiver;
	struct store_stats now = store_stats(receiver->store);
	struct store_options limits = store_limits(receiver->store);
	const struct metric metrics[] = {
		{"spans_received_total", "counter", "Spans that were accepted.", now.n_received},
		{"spans_repeated_total", "counter", "Accepted spans that were there already.",
			now.n_repeated},
		{"spans_rejected_total", "counter", "Spans that were not accepted.",
			now.n_rejected},
		{"spans_evicted_total", "counter", "Spans of evicted traces.", now.n_evicted_spans},
		{"traces_evicted_total", "counter", "Traces that made room for others.",
			now.n_evicted_traces},
		{"requests_refused_total", "counter", "OTLP requests refused as a whole.",
			receiver->n_refused},
		{"requests_not_kept_total", "counter", "OTLP requests with metrics or logs.",
			receiver->n_not_kept},
		{"traces", "gauge", "Traces in the store.", now.n_traces},
		{"traces_limit", "gauge", "TRACEVIEW_MAX_TRACES.", limits.max_traces},
		{"spans", "gauge", "Spans in the store.", now.n_spans},
		{"store_bytes", "gauge", "Memory of the store.", now.bytes},
		{"store_limit_bytes", "gauge", "TRACEVIEW_MAX_BYTES.", limits.max_bytes},
	};
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *m = &metrics[i];
		buffer_printf(out,
			"# HELP traceview_%s %s\n# TYPE traceview_%s %s\ntraceview_%s %" PRIu64
			"\n",
			m->name, m->help, m->name, m->type, m->name, m->value);
	}
	for (int i = 0; i < HTTP_COUNTS; i++) {
		const char *name = http_count_name((enum http_count)i);
		buffer_printf(out,
			"# HELP traceview_http_%s %s\n# TYPE traceview_http_%s counter\n"
			"traceview_http_%s %" PRIu64 "\n",
			name, http_count_help((enum http_count)i), name, name,
			http_counted((enum http_count)i));
	}
}

static void put_uint(struct json_writer *w, const char *key, uint64_t value)
{
	jw_key(w, key);
	jw_uint(w, value);
}

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	jw_key(w, key);
	jw_string(w, lt_slice(text));
}

void stats_write_json(struct buffer *out, const struct stats_source *source)
{
	const struct receiver *receiver = source->receiver;
	struct store_stats now = store_stats(receiver->store);
	struct store_options limits = store_limits(receiver->store);
	struct json_writer w = {.out = out};
	jw_begin(&w, '{');
	put_text(&w, "version", LT_VERSION);
	put_uint(&w, "otlpPort", source->otlp_port);
	if (source->grpc_port) {
		put_uint(&w, "grpcPort", source->grpc_port);
	} else {
		jw_key(&w, "grpcPort");
		jw_null(&w);
	}
	put_uint(&w, "maxTraces", limits.max_traces);
	put_uint(&w, "maxBytes", limits.max_bytes);
	put_uint(&w, "traces", now.n_traces);
	put_uint(&w, "spans", now.n_spans);
	put_uint(&w, "bytes", now.bytes);
	put_uint(&w, "receivedSpans", now.n_received);
	put_uint(&w, "repeatedSpans", now.n_repeated);
	put_uint(&w, "rejectedSpans", now.n_rejected);
	put_text(&w, "lastRejection", receiver->why_rejected);
	put_uint(&w, "evictedTraces", now.n_evicted_traces);
	put_uint(&w, "evictedSpans", now.n_evicted_spans);
	put_uint(&w, "refusedRequests", receiver->n_refused);
	put_text(&w, "lastRefusal", receiver->why);
	put_uint(&w, "notKeptRequests", receiver->n_not_kept);
	if (source->send_url) {
		put_text(&w, "sendUrl", source->send_url);
	} else {
		jw_key(&w, "sendUrl");
		jw_null(&w);
	}
	jw_end(&w, '}');
}
