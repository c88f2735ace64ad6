/* SPDX-License-Identifier: Apache-2.0 */
/* v1.c - Jaeger's query API v1, which its page uses, in Jaeger's JSON. */
#include "query/v1.h"

#include "query/jaeger_json.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* Every answer is {"data":...,"total":n,"limit":0,"offset":0,"errors":null}. */
static void begin_data(struct query *q, const char *brackets)
{
	jw_begin(&q->writer, '{');
	jw_key(&q->writer, "data");
	if (brackets)
		jw_begin(&q->writer, *brackets);
	else
		jw_null(&q->writer);
}

static void write_errors(struct json_writer *w, int code, const char *message)
{
	jw_key(w, "errors");
	if (!message) {
		jw_null(w);
		return;
	}
	jw_begin(w, '[');
	jw_begin(w, '{');
	jw_key(w, "code");
	jw_int(w, code);
	jw_key(w, "msg");
	jw_string(w, lt_slice(message));
	jw_end(w, '}');
	jw_end(w, ']');
}

/* Returns 0, as handlers do.  @param message  NULL: no error */
static int end_data(struct query *q, long total, int code, const char *message)
{
	struct json_writer *w = &q->writer;
	jw_key(w, "total");
	jw_int(w, total);
	jw_key(w, "limit");
	jw_int(w, 0);
	jw_key(w, "offset");
	jw_int(w, 0);
	write_errors(w, code, message);
	jw_end(w, '}');
	return 0;
}

void v1_write_error(struct query *q, int status, const char *message)
{
	begin_data(q, NULL);
	end_data(q, 0, status, message);
}

int v1_services(struct query *q)
{
	struct lt_slice *services;
	long n = search_services(q->store, &q->arena, &services);
	if (n < 0)
		return (int)n;
	begin_data(q, "[");
	for (long i = 0; i < n; i++)
		jw_string(&q->writer, services[i]);
	jw_end(&q->writer, ']');
	return end_data(q, n, 0, NULL);
}

/* The names of operations, without their kinds. */
int v1_service_operations(struct query *q)
{
	struct operation *operations;
	long n = search_operations(q->store, lt_slice(q->captured), (struct lt_slice){NULL, 0},
		&q->arena, &operations);
	long n_names = 0;
	if (n < 0)
		return (int)n;
	begin_data(q, "[");
	for (long i = 0; i < n; i++) { /* a name may occur with several kinds */
		if (i == 0 || !slice_equal(operations[i].name, operations[i - 1].name)) {
			jw_string(&q->writer, operations[i].name);
			n_names++;
		}
	}
	jw_end(&q->writer, ']');
	return end_data(q, n_names, 0, NULL);
}

int v1_operations(struct query *q)
{
	const char *service = params_get(&q->params, "service");
	struct operation *operations;
	if (!service)
		return query_error(q, 400, "parameter 'service' is required");
	long n = search_operations(q->store, lt_slice(service),
		lt_slice(params_get(&q->params, "spanKind")), &q->arena, &operations);
	if (n < 0)
		return (int)n;
	begin_data(q, "[");
	for (long i = 0; i < n; i++) {
		jw_begin(&q->writer, '{');
		jw_key(&q->writer, "name");
		jw_string(&q->writer, operations[i].name);
		jw_key(&q->writer, "spanKind");
		jw_string(&q->writer, lt_slice(operations[i].kind));
		jw_end(&q->writer, '}');
	}
	jw_end(&q->writer, ']');
	return end_data(q, n, 0, NULL);
}

/* --- searching -------------------------------------------------------------------------------
 *
 * traceID                    32 hex digits or fewer; any number of them, and nothing else counts
 * service                    required without traceID
 * operation                  as it is
 * start, end                 microseconds since 1970
 * lookback                   a duration before now, where there is no start
 * minDuration, maxDuration   as Go writes durations: 1h2m, 1.5s, 300ms
 * limit                      a number of traces
 * tags                       {"key": "value", ...}
 * tag                        key:value, any number of them
 */

/* Writes into why that a parameter is malformed. */
static bool bad_param(char why[QUERY_WHY_BYTES], const char *name, const char *value)
{
	snprintf(why, QUERY_WHY_BYTES, "unable to parse param '%s': \"%.80s\"", name, value);
	return false;
}

/* `start` and `end` are microseconds; `lookback` such as "1h" counts from now. */
static bool read_times(
	const struct params *params, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *start = params_get(params, "start"), *end = params_get(params, "end");
	const char *lookback = params_get(params, "lookback");
	uint64_t value;
	if (start) {
		if (!parse_uint64(start, &value))
			return bad_param(why, "start", start);
		search->start_min_ns =
			value < UINT64_MAX / NS_PER_US ? value * NS_PER_US : UINT64_MAX;
	} else if (lookback && parse_duration(lookback, &value)) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		uint64_t now_ns = (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
		search->start_min_ns = now_ns > value ? now_ns - value : 0;
	}
	if (end) {
		if (!parse_uint64(end, &value))
			return bad_param(why, "end", end);
		if (value < UINT64_MAX / NS_PER_US - 1)
			search->start_max_ns = value * NS_PER_US + NS_PER_US - 1;
	}
	return true;
}

static bool read_durations(
	const struct params *params, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *min = params_get(params, "minDuration");
	const char *max = params_get(params, "maxDuration");
	if (min && !parse_duration(min, &search->duration_min_ns))
		return bad_param(why, "minDuration", min);
	if (max && !parse_duration(max, &search->duration_max_ns))
		return bad_param(why, "maxDuration", max);
	if (search->duration_min_ns > search->duration_max_ns) {
		snprintf(
			why, QUERY_WHY_BYTES, "'maxDuration' should be greater than 'minDuration'");
		return false;
	}
	return true;
}

/* `tags={"key":"value"}` and any number of `tag=key:value`. */
static bool read_tags(struct query *q, struct search *search, char why[QUERY_WHY_BYTES])
{
	for (size_t i = 0; i < q->params.n; i++) {
		const struct param *param = &q->params.items[i];
		if (strcmp(param->name, "tags") == 0 && *param->value) {
			int n = snprintf(why, QUERY_WHY_BYTES, "malformed 'tags' parameter, ");
			if (!query_parse_tags(
				    q, param->value, search, why + n, QUERY_WHY_BYTES - (size_t)n))
				return false;
		} else if (strcmp(param->name, "tag") == 0) {
			const char *colon = strchr(param->value, ':');
			struct lt_slice key = {
				param->value, colon ? (size_t)(colon - param->value) : 0};
			if (!colon || !query_add_tag(q, search, key, lt_slice(colon + 1))) {
				snprintf(why, QUERY_WHY_BYTES,
					"malformed 'tag' parameter, expecting key:value, received: "
					"%.80s",
					param->value);
				return false;
			}
		}
	}
	return true;
}

static bool read_search(struct query *q, struct search *search, char why[QUERY_WHY_BYTES])
{
	const char *limit = params_get(&q->params, "limit");
	uint64_t value = SEARCH_LIMIT_DEFAULT;
	*search = SEARCH_ALL(0);
	search->service = lt_slice(params_get(&q->params, "service"));
	search->operation = lt_slice(params_get(&q->params, "operation"));
	if (limit && !parse_uint64(limit, &value))
		return bad_param(why, "limit", limit);
	search->limit = value < SEARCH_LIMIT_MAX ? (size_t)value : SEARCH_LIMIT_MAX;
	return read_times(&q->params, search, why) && read_durations(&q->params, search, why) &&
	       read_tags(q, search, why);
}

/* Writes these traces and, beside them, the errors if there are any. */
static int answer_traces(
	struct query *q, struct trace *const *traces, size_t n, int code, const char *message)
{
	char why[QUERY_WHY_BYTES];
	begin_data(q, "[");
	long written = query_write_traces(q, traces, n, jaeger_write_trace);
	if (written < 0)
		return (int)written;
	if ((size_t)written < n) {
		snprintf(why, sizeof(why), "only %ld of %zu traces fit in an answer", written, n);
		code = 0;
		message = why;
	}
	jw_end(&q->writer, ']');
	return end_data(q, 0, code, message);
}

/* `traceID=` may repeat; each id without a trace is an error beside the others' traces. */
static int answer_named(struct query *q)
{
	struct trace *traces[PARAMS_MAX];
	size_t n = 0;
	bool missing = false;
	for (size_t i = 0; i < q->params.n; i++) {
		uint8_t id[16];
		char why[QUERY_WHY_BYTES];
		if (strcmp(q->params.items[i].name, "traceID") != 0)
			continue;
		if (!query_parse_trace_id(q->params.items[i].value, id, why, sizeof(why)))
			return query_error(q, 400, why);
		struct trace *trace = store_find(q->store, id);
		missing |= !trace;
		if (trace)
			traces[n++] = trace;
	}
	return answer_traces(q, traces, n, 404, missing ? "trace not found" : NULL);
}

int v1_traces(struct query *q)
{
	struct search search;
	struct trace **traces;
	char why[QUERY_WHY_BYTES];
	if (params_get(&q->params, "traceID"))
		return answer_named(q);
	if (!params_get(&q->params, "service"))
		return query_error(q, 400, "parameter 'service' is required");
	if (!read_search(q, &search, why))
		return query_error(q, 400, why);
	long n = search_traces(q->store, &search, &q->arena, &traces);
	if (n < 0)
		return (int)n;
	return answer_traces(q, traces, (size_t)n, 0, NULL);
}

int v1_trace(struct query *q)
{
	uint8_t id[16];
	char why[QUERY_WHY_BYTES];
	if (!query_parse_trace_id(q->captured, id, why, sizeof(why)))
		return query_error(q, 400, why);
	struct trace *trace = store_find(q->store, id);
	if (!trace)
		return query_error(q, 404, "trace not found");
	return answer_traces(q, &trace, 1, 0, NULL);
}

/* `endTs` (default: now) and `lookback` (default: a day) are milliseconds. */
int v1_dependencies(struct query *q)
{
	const char *end = params_get(&q->params, "endTs");
	const char *lookback = params_get(&q->params, "lookback");
	uint64_t end_ms = (uint64_t)time(NULL) * 1000 + 999;
	uint64_t lookback_ms = UINT64_C(24) * 3600 * 1000;
	struct dependency *dependencies;
	char why[QUERY_WHY_BYTES];
	bool ok = true;
	if (end && (!parse_uint64(end, &end_ms) || end_ms > UINT64_MAX / NS_PER_MS))
		ok = bad_param(why, "endTs", end);
	else if (lookback && !parse_uint64(lookback, &lookback_ms))
		ok = bad_param(why, "lookback", lookback);
	if (!ok)
		return query_error(q, 400, why);
	uint64_t start_ms = end_ms > lookback_ms ? end_ms - lookback_ms : 0;
	long n = search_dependencies(
		q->store, start_ms * NS_PER_MS, end_ms * NS_PER_MS, &q->arena, &dependencies);
	if (n < 0)
		return (int)n;
	begin_data(q, "[");
	for (long i = 0; i < n; i++) {
		jw_begin(&q->writer, '{');
		jw_key(&q->writer, "parent");
		jw_string(&q->writer, dependencies[i].parent);
		jw_key(&q->writer, "child");
		jw_string(&q->writer, dependencies[i].child);
		jw_key(&q->writer, "callCount");
		jw_uint(&q->writer, dependencies[i].n_calls);
		jw_end(&q->writer, '}');
	}
	jw_end(&q->writer, ']');
	return end_data(q, 0, 0, NULL); /* Jaeger's total is 0 */
}
