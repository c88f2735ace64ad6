/* SPDX-License-Identifier: Apache-2.0 */
/* v1.c - Jaeger's query API v1, which its page uses, in Jaeger's JSON. */
#include "query/v1.h"

#include "query/jaeger_json.h"
#include "query/v1_search.h"

#include <errno.h>
#include <stdio.h>

/* Every answer is {"data":...,"total":n,"limit":0,"offset":0,"errors":null}. */
void v1_begin_data(struct query *q, const char *open)
{
	jw_begin(&q->writer, '{');
	jw_key(&q->writer, "data");
	if (open)
		jw_begin(&q->writer, *open);
	else
		jw_null(&q->writer); /* as Go writes a list that was never made */
}

static void end_list(struct query *q, const char *close, long total)
{
	struct json_writer *w = &q->writer;
	if (close)
		jw_end(w, *close);
	jw_key(w, "total");
	jw_int(w, total);
	jw_key(w, "limit");
	jw_int(w, 0);
	jw_key(w, "offset");
	jw_int(w, 0);
	jw_key(w, "errors");
}

int v1_end_data(struct query *q, const char *close, long total)
{
	end_list(q, close, total);
	jw_null(&q->writer);
	jw_end(&q->writer, '}');
	return 0;
}

/* One of the errors.  @param code  0: none  @param trace_id  NULL: of no trace */
static void write_error(
	struct json_writer *w, int code, const char *message, const uint8_t trace_id[16])
{
	jw_begin(w, '{');
	if (code) {
		jw_key(w, "code");
		jw_int(w, code);
	}
	jw_key(w, "msg");
	jw_string(w, lt_slice(message));
	if (trace_id) {
		jw_key(w, "traceID");
		jw_hex(w, trace_id, 16);
	}
	jw_end(w, '}');
}

void v1_write_error(struct query *q, int status, const char *message)
{
	v1_begin_data(q, NULL);
	end_list(q, NULL, 0);
	jw_begin(&q->writer, '[');
	write_error(&q->writer, status, message, NULL);
	jw_end(&q->writer, ']');
	jw_end(&q->writer, '}');
}

int v1_services(struct query *q)
{
	struct lt_slice *services;
	long n = search_services(q->store, &q->arena, &services);
	if (n < 0)
		return (int)n;
	v1_begin_data(q, n ? "[" : NULL);
	for (long i = 0; i < n; i++)
		jw_string(&q->writer, services[i]);
	return v1_end_data(q, n ? "]" : NULL, n);
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
	v1_begin_data(q, n ? "[" : NULL);
	for (long i = 0; i < n; i++) { /* a name may occur with several kinds */
		if (i == 0 || !slice_equal(operations[i].name, operations[i - 1].name)) {
			jw_string(&q->writer, operations[i].name);
			n_names++;
		}
	}
	return v1_end_data(q, n ? "]" : NULL, n_names);
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
	v1_begin_data(q, "[");
	for (long i = 0; i < n; i++) {
		jw_begin(&q->writer, '{');
		jw_key(&q->writer, "name");
		jw_string(&q->writer, operations[i].name);
		jw_key(&q->writer, "spanKind");
		jw_string(&q->writer, lt_slice(operations[i].kind));
		jw_end(&q->writer, '}');
	}
	return v1_end_data(q, "]", n);
}

/* --- traces ---------------------------------------------------------------------------------- */

/* Reads `raw=`; false for what is no boolean. */
static bool read_raw(struct query *q, bool *ret_raw, char why[QUERY_WHY_BYTES])
{
	const char *raw = params_get(&q->params, "raw");
	*ret_raw = false;
	return !raw || parse_bool(raw, ret_raw) || v1_bad_param(why, "raw", raw);
}

/* Writes data, and all up to the errors; returns how many traces fit, or -ENOMEM. */
static long write_traces(struct query *q, struct trace *const *traces, size_t n, bool raw)
{
	v1_begin_data(q, "[");
	long written =
		query_write_traces(q, traces, n, raw ? jaeger_write_raw_trace : jaeger_write_trace);
	end_list(q, "]", 0);
	return written;
}

/* Writes these traces, and beside them what is missing. @param left_out  NULL: nothing else */
static int answer_traces(
	struct query *q, struct trace *const *traces, size_t n, bool raw, const char *left_out)
{
	char why[QUERY_WHY_BYTES];
	long written = write_traces(q, traces, n, raw);
	if (written < 0)
		return (int)written;
	if ((size_t)written < n) {
		snprintf(why, sizeof(why), "only %ld of %zu traces fit in an answer", written, n);
		left_out = why;
	}
	if (left_out) {
		jw_begin(&q->writer, '[');
		write_error(&q->writer, 0, left_out, NULL);
		jw_end(&q->writer, ']');
	} else {
		jw_null(&q->writer);
	}
	jw_end(&q->writer, '}');
	return 0;
}

struct named {
	struct trace *traces[PARAMS_MAX];
	uint8_t missing[PARAMS_MAX][16]; /* ids */
	size_t n, n_missing;
};

static int answer_named(struct query *q, const struct named *named, bool raw)
{
	if (!named->n_missing)
		return answer_traces(q, named->traces, named->n, raw, NULL);
	long written = write_traces(q, named->traces, named->n, raw);
	if (written < 0)
		return (int)written;
	jw_begin(&q->writer, '[');
	for (size_t i = 0; i < named->n_missing; i++)
		write_error(&q->writer, 0, "trace not found", named->missing[i]);
	jw_end(&q->writer, ']');
	jw_end(&q->writer, '}');
	return 0;
}

/* `traceID=` may repeat; each id without a trace is an error beside the others' traces. */
static bool find_named(struct query *q, struct named *named, char why[QUERY_WHY_BYTES])
{
	for (size_t i = 0; i < q->params.n; i++) {
		uint8_t id[16];
		if (strcmp(q->params.items[i].name, "traceID") != 0)
			continue;
		int n = snprintf(why, QUERY_WHY_BYTES, "cannot parse traceID param: ");
		if (!query_parse_trace_id(
			    q->params.items[i].value, id, why + n, QUERY_WHY_BYTES - (size_t)n))
			return false;
		struct trace *trace = store_find(q->store, id);
		if (trace)
			named->traces[named->n++] = trace;
		else
			memcpy(named->missing[named->n_missing++], id, 16);
	}
	return true;
}

int v1_traces(struct query *q)
{
	struct search search;
	struct trace **traces;
	struct named named = {.n = 0};
	char why[QUERY_WHY_BYTES];
	bool raw, is_named = params_get(&q->params, "traceID") != NULL;
	if (!v1_read_search(q, &search, why) || !find_named(q, &named, why) ||
		!read_raw(q, &raw, why))
		return query_error(q, 400, why);
	if (is_named)
		return answer_named(q, &named, raw);
	if (!search.service.len)
		return query_error(q, 400, "parameter 'service' is required");
	long n = search_traces(q->store, &search, &q->arena, &traces);
	if (n < 0)
		return (int)n;
	return answer_traces(q, traces, (size_t)n, raw, query_left_out(q, (size_t)n));
}

int v1_trace(struct query *q)
{
	struct search times; /* Jaeger passes them to stores that need them; ours does not */
	uint8_t id[16];
	char why[QUERY_WHY_BYTES];
	bool raw;
	if (!query_parse_trace_id(q->captured, id, why, sizeof(why)) ||
		!v1_read_times(&q->params, &times, why) || !read_raw(q, &raw, why))
		return query_error(q, 400, why);
	struct trace *trace = store_find(q->store, id);
	if (!trace)
		return query_error(q, 404, "trace not found");
	return answer_traces(q, &trace, 1, raw, NULL);
}

/* There is none, as in a Jaeger without archive storage. */
int v1_archive(struct query *q)
{
	uint8_t id[16];
	char why[QUERY_WHY_BYTES];
	if (!query_parse_trace_id(q->captured, id, why, sizeof(why)))
		return query_error(q, 400, why);
	return query_error(q, 500, "archive span storage was not configured");
}
