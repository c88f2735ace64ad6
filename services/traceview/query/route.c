/* SPDX-License-Identifier: Apache-2.0 */
/* route.c - finds the handler of a path. */
#include "query/query.h"

#include "query/dependencies.h"
#include "query/metrics.h"
#include "query/v1.h"
#include "query/v3.h"

#define ARENA_MAX_BYTES ((size_t)256 * 1024 * 1024) /* of a query and its results */

struct route {
	const char *path; /* {} stands for one segment */
	enum query_method method;
	/* Writes the answer, an error included; 0 or -ENOMEM. */
	int (*handle)(struct query *q);
};

static const struct route routes[] = {
	{"/api/services", QUERY_GET, v1_services},
	{"/api/services/{}/operations", QUERY_GET, v1_service_operations},
	{"/api/operations", QUERY_GET, v1_operations},
	{"/api/traces", QUERY_GET, v1_traces},
	{"/api/traces/{}", QUERY_GET, v1_trace},
	{"/api/archive/{}", QUERY_POST, v1_archive},
	{"/api/dependencies", QUERY_GET, v1_dependencies},
	{"/api/metrics/minstep", QUERY_GET, metrics_minstep},
	{"/api/metrics/calls", QUERY_GET, metrics_rates},
	{"/api/metrics/errors", QUERY_GET, metrics_rates},
	{"/api/metrics/latencies", QUERY_GET, metrics_latencies},
	{"/api/v3/services", QUERY_GET, v3_services},
	{"/api/v3/operations", QUERY_GET, v3_operations},
	{"/api/v3/traces", QUERY_GET, v3_traces},
	{"/api/v3/traces/{}", QUERY_GET, v3_trace},
	{"/api/v3/trace-summaries", QUERY_GET, v3_trace_summaries},
	{"/api/v3/dependencies", QUERY_GET, v3_dependencies},
};

static bool path_matches(const char *pattern, struct lt_slice path, struct lt_slice *ret_captured)
{
	size_t at = 0;
	*ret_captured = (struct lt_slice){"", 0};
	while (*pattern) {
		if (strncmp(pattern, "{}", 2) == 0) {
			size_t from = at;
			while (at < path.len && path.ptr[at] != '/')
				at++;
			*ret_captured = (struct lt_slice){path.ptr + from, at - from};
			if (at == from)
				return false;
			pattern += 2;
		} else if (at == path.len || path.ptr[at++] != *pattern++) {
			return false;
		}
	}
	return at == path.len;
}

static const struct route *find(struct lt_slice path, struct lt_slice *ret_captured)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (path_matches(routes[i].path, path, ret_captured))
			return &routes[i];
	}
	return NULL;
}

static void run(
	struct query *q, const struct route *route, struct lt_slice captured, struct lt_slice query)
{
	q->captured = percent_decode(captured, false, &q->arena);
	if (!q->captured || params_parse(&q->params, query, &q->arena) || route->handle(q))
		query_error(q, 500, "out of memory");
	else if (q->answer->body.failed)
		query_error(q, 500, "the answer is too large");
}

static void refuse_method(struct query *q, const struct route *route)
{
	bool is_get = route->method == QUERY_GET;
	q->answer->allow = is_get ? "GET, HEAD" : "POST";
	query_error(q, 405, is_get ? "this path allows GET and HEAD" : "this path allows POST");
}

static bool is_v3(struct lt_slice path)
{
	static const char prefix[] = "/api/v3/";
	size_t n = sizeof(prefix) - 1;
	return path.len >= n && memcmp(path.ptr, prefix, n) == 0;
}

void query_answer(const struct store *store, enum query_method method, struct lt_slice path,
	struct lt_slice query, struct answer *ret_answer)
{
	struct lt_slice captured;
	const struct route *route = find(path, &captured);
	struct query q = {.store = store,
		.answer = ret_answer,
		.writer.out = &ret_answer->body,
		.write_error = is_v3(path) ? v3_write_error : v1_write_error};
	ret_answer->status = 200;
	ret_answer->allow = NULL;
	buffer_init(&ret_answer->body, ANSWER_MAX_BYTES);
	arena_init(&q.arena, ARENA_MAX_BYTES);
	if (!route)
		query_error(&q, 404, "no such API");
	else if (route->method != method)
		refuse_method(&q, route);
	else
		run(&q, route, captured, query);
	arena_done(&q.arena);
}
