/* SPDX-License-Identifier: Apache-2.0 */
/* dependencies.c - the calls between services. */
#include "query/dependencies.h"

#include "query/v1.h"
#include "query/v1_search.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)
#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* Writes the calls in traces that lie between two times; returns 0 or -ENOMEM.
 * @param service   len 0: all calls
 * @param quoted    write the count in quotes, as proto3's JSON does for 64 bits */
static int write_calls(
	struct query *q, uint64_t start_ns, uint64_t end_ns, struct lt_slice service, bool quoted)
{
	struct json_writer *w = &q->writer;
	struct dependency *calls;
	long n = search_dependencies(q->store, start_ns, end_ns, &q->arena, &calls);
	for (long i = 0; i < n; i++) {
		if (service.len && !slice_equal(calls[i].parent, service) &&
			!slice_equal(calls[i].child, service))
			continue;
		jw_begin(w, '{');
		jw_key(w, "parent");
		jw_string(w, calls[i].parent);
		jw_key(w, "child");
		jw_string(w, calls[i].child);
		jw_key(w, "callCount");
		if (quoted)
			jw_quoted_uint(w, calls[i].n_calls);
		else
			jw_uint(w, calls[i].n_calls);
		jw_end(w, '}');
	}
	return n < 0 ? (int)n : 0;
}

static uint64_t ns_of_ms(int64_t ms)
{
	return ms < 0				       ? 0
	       : (uint64_t)ms < UINT64_MAX / NS_PER_MS ? (uint64_t)ms * NS_PER_MS
						       : UINT64_MAX;
}

int v1_dependencies(struct query *q)
{
	const char *end = params_get(&q->params, "endTs");
	const char *lookback = params_get(&q->params, "lookback");
	int64_t end_ms = ((int64_t)time(NULL) + 1) * 1000, lookback_ms = DAY_MS, start_ms;
	char why[QUERY_WHY_BYTES];
	if ((end && !parse_int64(end, &end_ms) && !v1_bad_param(why, "endTs", end)) ||
		(lookback && !parse_int64(lookback, &lookback_ms) &&
			!v1_bad_param(why, "lookback", lookback)))
		return query_error(q, 400, why);
	if (lookback_ms < 0 || __builtin_sub_overflow(end_ms, lookback_ms, &start_ms))
		return query_error(q, 400, "end time must be greater than start time");
	v1_begin_data(q, "[");
	int err = write_calls(q, ns_of_ms(start_ms), ns_of_ms(end_ms),
		lt_slice(params_get(&q->params, "service")), false);
	return err ? err : v1_end_data(q, "]", 0); /* Jaeger's total is 0 */
}

/* Reads a time by its newer or its older name; false, with why, when it is malformed. */
static bool read_time(struct query *q, const char *name, const char *old_name, uint64_t *ret_ns,
	char why[QUERY_WHY_BYTES])
{
	const char *value = params_get(&q->params, name);
	if (!value)
		value = params_get(&q->params, old_name);
	if (value && parse_rfc3339(value, ret_ns))
		return true;
	if (value)
		snprintf(why, QUERY_WHY_BYTES, "malformed parameter %s: \"%.80s\"", name, value);
	else
		snprintf(why, QUERY_WHY_BYTES, "missing required parameter: %s", name);
	return false;
}

int v3_dependencies(struct query *q)
{
	struct json_writer *w = &q->writer;
	uint64_t start_ns, end_ns;
	char why[QUERY_WHY_BYTES];
	if (!read_time(q, "startTime", "start_time", &start_ns, why) ||
		!read_time(q, "endTime", "end_time", &end_ns, why))
		return query_error(q, 400, why);
	if (end_ns <= start_ns)
		return query_error(q, 400, "endTime must be after startTime");
	jw_begin(w, '{');
	jw_key(w, "dependencies");
	jw_begin(w, '[');
	int err = write_calls(q, start_ns, end_ns, (struct lt_slice){NULL, 0}, true);
	jw_end(w, ']');
	jw_end(w, '}');
	return err;
}
