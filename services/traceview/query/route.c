/* SPDX-License-Identifier: Apache-2.0 */
/* route.c - finds the handler of a path. */
#include "query/query.h"

#include "query/v1.h"
#include "query/v3.h"

#define ARENA_MAX_BYTES ((size_t)256 * 1024 * 1024) /* of a query and its results */

struct route {
	const char *path; /* {} matches one segment */
	/* Writes the answer, an error included; 0 or -ENOMEM. */
	int (*handle)(struct query *q);
	void (*write_error)(struct query *q, int status, const char *message);
};

static const struct route routes[] = {
	{"/api/services", v1_services, v1_write_error},
	{"/api/services/{}/operations", v1_service_operations, v1_write_error},
	{"/api/operations", v1_operations, v1_write_error},
	{"/api/traces", v1_traces, v1_write_error},
	{"/api/traces/{}", v1_trace, v1_write_error},
	{"/api/dependencies", v1_dependencies, v1_write_error},
	{"/api/v3/services", v3_services, v3_write_error},
	{"/api/v3/operations", v3_operations, v3_write_error},
	{"/api/v3/traces", v3_traces, v3_write_error},
	{"/api/v3/traces/{}", v3_trace, v3_write_error},
	{"/api/v3/trace-summaries", v3_trace_summaries, v3_write_error},
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

void query_answer(const struct store *store, struct lt_slice path, struct lt_slice query,
	struct answer *ret_answer)
{
	struct lt_slice captured;
	const struct route *route = find(path, &captured);
	struct query q = {.store = store,
		.answer = ret_answer,
		.writer.out = &ret_answer->body,
		.write_error = route ? route->write_error : v1_write_error};
	ret_answer->status = 200;
	buffer_init(&ret_answer->body, ANSWER_MAX_BYTES);
	arena_init(&q.arena, ARENA_MAX_BYTES);
	if (route)
		run(&q, route, captured, query);
	else
		query_error(&q, 404, "no such API");
	arena_done(&q.arena);
}
