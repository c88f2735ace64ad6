/* SPDX-License-Identifier: Apache-2.0 */
/* v3.c - Jaeger's query API v3, in OTLP's JSON. Parameters have camelCase names since Jaeger 2.19
 * and snake_case names before; both are accepted. */
#include "query/v3.h"

#include "query/summary_json.h"
#include "query/v3_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void v3_write_error(struct query *q, int status, const char *message)
{
	struct json_writer *w = &q->writer;
	jw_begin(w, '{');
	jw_key(w, "error");
	jw_begin(w, '{');
	jw_key(w, "httpCode");
	jw_int(w, status);
	jw_key(w, "message");
	jw_string(w, lt_slice(message));
	jw_end(w, '}');
	jw_end(w, '}');
}

int v3_services(struct query *q)
{
	struct lt_slice *services;
	long n = search_services(q->store, &q->arena, &services);
	if (n < 0)
		return (int)n;
	jw_begin(&q->writer, '{');
	jw_key(&q->writer, "services");
	jw_begin(&q->writer, '[');
	for (long i = 0; i < n; i++)
		jw_string(&q->writer, services[i]);
	jw_end(&q->writer, ']');
	jw_end(&q->writer, '}');
	return 0;
}

/* The value under either name, or NULL. */
static const char *get(const struct params *params, const char *name, const char *old_name)
{
	const char *value = params_get(params, name);
	return value ? value : params_get(params, old_name);
}

int v3_operations(struct query *q)
{
	struct operation *operations;
	long n = search_operations(q->store, lt_slice(params_get(&q->params, "service")),
		lt_slice(get(&q->params, "spanKind", "span_kind")), &q->arena, &operations);
	if (n < 0)
		return (int)n;
	jw_begin(&q->writer, '{');
	jw_key(&q->writer, "operations");
	jw_begin(&q->writer, '[');
	for (long i = 0; i < n; i++) {
		jw_begin(&q->writer, '{');
		if (operations[i].name.len) { /* members that hold their default are left out */
			jw_key(&q->writer, "name");
			jw_string(&q->writer, operations[i].name);
		}
		jw_key(&q->writer, "spanKind");
		jw_string(&q->writer,
			lt_slice(*operations[i].kind ? operations[i].kind : "internal"));
		jw_end(&q->writer, '}');
	}
	jw_end(&q->writer, ']');
	jw_end(&q->writer, '}');
	return 0;
}

/* --- searching -------------------------------------------------------------------------------
 *
 * query.startTimeMin, query.startTimeMax   RFC 3339, both required, min < max
 * query.serviceName, query.operationName   as they are
 * query.durationMin, query.durationMax     as Go writes durations: 1h2m, 1.5s, 300ms
 * query.searchDepth, or query.num_traces   a number of traces
 * query.attributes                         {"key": "value", ...}
 */

static bool bad_param(char why[QUERY_WHY_BYTES], const char *name, const char *value)
{
	snprintf(why, QUERY_WHY_BYTES, "malformed parameter %s: \"%.80s\"", name, value);
	return false;
}

static bool read_times(
	const struct params *params, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *min = get(params, "query.startTimeMin", "query.start_time_min");
	const char *max = get(params, "query.startTimeMax", "query.start_time_max");
	if (!min || !max) {
		snprintf(why, QUERY_WHY_BYTES,
			"query.start_time_min and query.start_time_max are required");
		return false;
	}
	if (!parse_rfc3339(min, &search->start_min_ns))
		return bad_param(why, "query.start_time_min", min);
	if (!parse_rfc3339(max, &search->start_max_ns))
		return bad_param(why, "query.start_time_max", max);
	if (search->start_min_ns >= search->start_max_ns) {
		snprintf(why, QUERY_WHY_BYTES,
			"query.start_time_min must be before query.start_time_max");
		return false;
	}
	return true;
}

static bool read_durations(
	const struct params *params, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *min = get(params, "query.durationMin", "query.duration_min");
	const char *max = get(params, "query.durationMax", "query.duration_max");
	if (!query_read_min_duration(min, search))
		return bad_param(why, "query.duration_min", min);
	if (!query_read_max_duration(max, search))
		return bad_param(why, "query.duration_max", max);
	return true;
}

/* Traces are raw either way: what Jaeger's v3 adjusts is in the answers of v1 (adjust.h). */
static bool check_raw(const struct params *params, const char *name, const char *old_name,
	char why[QUERY_WHY_BYTES])
{
	const char *raw = get(params, name, old_name);
	bool value;
	return !raw || parse_bool(raw, &value) || bad_param(why, old_name, raw);
}

/* The times of one trace, which Jaeger passes to stores that need them; ours does not. */
static bool check_time(const struct params *params, const char *name, const char *old_name,
	char why[QUERY_WHY_BYTES])
{
	const char *time = get(params, name, old_name);
	uint64_t time_ns;
	return !time || parse_rfc3339(time, &time_ns) || bad_param(why, old_name, time);
}

static bool read_search(struct query *q, struct search *search, char why[QUERY_WHY_BYTES])
{
	const struct params *params = &q->params;
	const char *limit = get(params, "query.searchDepth", "query.search_depth");
	const char *attributes = params_get(params, "query.attributes");
	*search = SEARCH_ALL(0);
	search->service = lt_slice(get(params, "query.serviceName", "query.service_name"));
	search->operation = lt_slice(get(params, "query.operationName", "query.operation_name"));
	if (!limit)
		limit = params_get(params, "query.num_traces");
	if (!query_read_limit(q, limit, search))
		return bad_param(why, "query.num_traces", limit);
	if (attributes) {
		int n = snprintf(why, QUERY_WHY_BYTES, "malformed parameter query.attributes: ");
		if (!query_parse_tags(q, attributes, search, why + n, QUERY_WHY_BYTES - (size_t)n))
			return false;
	}
	return read_times(params, search, why) && read_durations(params, search, why) &&
	       check_raw(params, "query.rawTraces", "query.raw_traces", why);
}

/* Runs the search that the parameters describe.
 * @return how many were found; -ENOMEM; -EINVAL after an error about a parameter was written */
static long find_traces(struct query *q, struct trace ***ret_traces)
{
	struct search search;
	char why[QUERY_WHY_BYTES];
	if (!read_search(q, &search, why)) {
		query_error(q, 400, why);
		return -EINVAL;
	}
	return search_traces(q->store, &search, &q->arena, ret_traces);
}

/* What the traces leave out, beside them: readers of OTLP's JSON pass over what they do not know. */
static void end_traces(struct query *q, size_t n, size_t written)
{
	struct json_writer *w = &q->writer;
	const char *left_out =
		written < n ? "not all traces fit in an answer" : query_left_out(q, n);
	if (left_out) {
		jw_key(w, "warning");
		jw_string(w, lt_slice(left_out));
	}
	jw_end(w, '}');
}

/* Writes the ResourceSpans of all traces as one list. */
static int answer_traces(struct query *q, struct trace *const *traces, size_t n)
{
	struct json_writer *w = &q->writer;
	if (!n)
		return query_error(q, 404, "No traces found");
	jw_begin(w, '{');
	jw_key(w, "result");
	jw_begin(w, '{');
	jw_key(w, "resourceSpans");
	jw_begin(w, '[');
	long written = query_write_traces(q, traces, n, v3_write_trace);
	if (written < 0)
		return -ENOMEM;
	jw_end(w, ']');
	jw_end(w, '}');
	end_traces(q, n, (size_t)written);
	return 0;
}

int v3_traces(struct query *q)
{
	struct trace **traces;
	long n = find_traces(q, &traces);
	if (n < 0)
		return n == -EINVAL ? 0 : (int)n;
	return answer_traces(q, traces, (size_t)n);
}

int v3_trace(struct query *q)
{
	uint8_t id[16];
	char why[QUERY_WHY_BYTES];
	int n = snprintf(why, sizeof(why), "malformed parameter trace_id: ");
	if (!query_parse_trace_id(q->captured, id, why + n, sizeof(why) - (size_t)n) ||
		!check_time(&q->params, "startTime", "start_time", why) ||
		!check_time(&q->params, "endTime", "end_time", why) ||
		!check_raw(&q->params, "rawTraces", "raw_traces", why))
		return query_error(q, 400, why);
	struct trace *trace = store_find(q->store, id);
	return answer_traces(q, &trace, trace != NULL);
}

int v3_trace_summaries(struct query *q)
{
	struct json_writer *w = &q->writer;
	struct trace **traces;
	long n = find_traces(q, &traces);
	if (n < 0)
		return n == -EINVAL ? 0 : (int)n;
	jw_begin(w, '{');
	jw_key(w, "summaries");
	jw_begin(w, '[');
	long written = query_write_traces(q, traces, (size_t)n, summary_write_trace);
	if (written < 0)
		return -ENOMEM;
	jw_end(w, ']');
	end_traces(q, (size_t)n, (size_t)written);
	return 0;
}
