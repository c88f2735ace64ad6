/* SPDX-License-Identifier: Apache-2.0 */
/* summary_json.c - writes summaries of traces. */
#include "query/summary_json.h"

#include <errno.h>
#include <stdlib.h>

static int by_service(const void *a, const void *b)
{
	const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
	return slice_compare(x->resource->service, y->resource->service);
}

static void put_count(struct json_writer *w, const char *key, size_t n)
{
	if (n) {
		jw_key(w, key);
		jw_uint(w, n);
	}
}

/* The root: the earliest span without a parent id, else the earliest span. */
static const struct record *find_root(struct record *const *sorted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (id_is_zero(sorted[i]->parent_id, 8))
			return sorted[i];
	}
	return sorted[0];
}

static size_t count_orphans(const struct trace *trace, struct record *const *records)
{
	size_t n = 0;
	for (size_t i = 0; i < trace->n_spans; i++) {
		n += !id_is_zero(records[i]->parent_id, 8) &&
		     !trace_find_span(trace, records[i]->parent_id);
	}
	return n;
}

static void write_services(struct json_writer *w, struct record **records, size_t n)
{
	jw_key(w, "services");
	jw_begin(w, '[');
	qsort(records, n, sizeof(struct record *), by_service);
	for (size_t from = 0, to; from < n; from = to) {
		size_t n_errors = 0;
		for (to = from; to < n && by_service(&records[from], &records[to]) == 0; to++)
			n_errors += records[to]->status == STATUS_ERROR;
		jw_begin(w, '{');
		jw_key(w, "name");
		jw_string(w, records[from]->resource->service);
		put_count(w, "spanCount", to - from);
		put_count(w, "errorSpanCount", n_errors);
		jw_end(w, '}');
	}
	jw_end(w, ']');
}

int summary_write_trace(struct json_writer *w, const struct trace *trace)
{
	struct record **records = calloc(trace->n_spans, sizeof(struct record *));
	if (!records)
		return -ENOMEM;
	trace_sorted(trace, records);
	const struct record *root = find_root(records, trace->n_spans);
	jw_begin(w, '{');
	jw_key(w, "traceId");
	jw_hex(w, trace->id, sizeof(trace->id));
	jw_key(w, "rootServiceName");
	jw_string(w, root->resource->service);
	jw_key(w, "rootOperationName");
	jw_string(w, root->name);
	jw_key(w, "minStartTimeUnixNano");
	jw_quoted_uint(w, trace->start_ns);
	jw_key(w, "maxEndTimeUnixNano");
	jw_quoted_uint(w, trace->end_ns);
	put_count(w, "spanCount", trace->n_spans);
	put_count(w, "errorSpanCount", trace->n_errors);
	put_count(w, "orphanSpanCount", count_orphans(trace, records));
	write_services(w, records, trace->n_spans);
	jw_end(w, '}');
	free(records);
	return 0;
}
