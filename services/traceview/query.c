/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - finds the route of a query and what the routes share. */
#include "query_internal.h"

#include "hex.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define QUERY_ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define TAGS_MAX 64

struct route {
	const char *path; /* {} stands for one segment */
	void (*handle)(struct query *q);
};

static const struct route routes[] = {
	{"/api/services", v1_services},
	{"/api/services/{}/operations", v1_service_operations},
	{"/api/operations", v1_operations},
	{"/api/traces", v1_traces},
	{"/api/traces/{}", v1_trace},
	{"/api/dependencies", v1_dependencies},
	{"/api/v3/services", v3_services},
	{"/api/v3/operations", v3_operations},
	{"/api/v3/traces", v3_traces},
	{"/api/v3/traces/{}", v3_trace},
	{"/api/v3/trace-summaries", v3_trace_summaries},
};

static bool path_matches(const char *pattern, struct lt_slice path, struct lt_slice *ret_captured)
{
	size_t at = 0;
	*ret_captured = (struct lt_slice){"", 0};
	while (*pattern) {
		if (strncmp(pattern, "{}", 2) == 0) {
			size_t from = at;
			while (at < path.len && path.ptr[at] != '/') {
				at++;
			}
			*ret_captured = (struct lt_slice){path.ptr + from, at - from};
			if (at == from) {
				return false;
			}
			pattern += 2;
		} else if (at == path.len || path.ptr[at++] != *pattern++) {
			return false;
		}
	}
	return at == path.len;
}

static void run(struct query *q, struct lt_slice path, struct lt_slice query)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		struct lt_slice captured;
		if (!path_matches(routes[i].path, path, &captured)) {
			continue;
		}
		q->captured = percent_decode(captured, false, &q->arena);
		if (!q->captured || params_parse(&q->params, query, &q->arena)) {
			v1_error(q, 500, "out of memory");
		} else {
			routes[i].handle(q);
		}
		return;
	}
	v1_error(q, 404, "no such API");
}

void query_answer(const struct store *store, struct lt_slice path, struct lt_slice query,
	struct answer *ret_answer)
{
	struct query q = {.store = store, .answer = ret_answer, .writer.out = &ret_answer->body};
	ret_answer->status = 200;
	buffer_init(&ret_answer->body, ANSWER_BYTES_MAX);
	arena_init(&q.arena, QUERY_ARENA_BYTES_MAX);
	run(&q, path, query);
	if (ret_answer->body.failed) {
		v1_error(&q, 500, "the answer is too large");
	}
	arena_done(&q.arena);
}

/* --- what routes share ----------------------------------------------------------------------- */

bool query_parse_trace_id(const char *text, uint8_t ret_id[16], char *ret_why, size_t why_bytes)
{
	char padded[33];
	size_t n = strlen(text);
	if (n > 32) {
		snprintf(ret_why, why_bytes,
			"TraceID cannot be longer than 32 hex characters: %.80s", text);
		return false;
	}
	memset(padded, '0', 32);
	memcpy(padded + 32 - n, text, n + 1);
	if (!hex_parse((struct lt_slice){padded, 32}, ret_id, 16)) {
		snprintf(ret_why, why_bytes, "a TraceID consists of hex characters, not \"%s\"",
			text);
		return false;
	}
	return true;
}

long query_write_traces(struct query *q, struct trace *const *traces, size_t n,
	int (*write)(struct json_writer *w, const struct trace *trace))
{
	for (size_t i = 0; i < n; i++) {
		struct buffer *body = &q->answer->body;
		size_t before = body->len;
		bool comma = q->writer.comma;
		if (write(&q->writer, traces[i])) {
			return -ENOMEM;
		}
		if (body->failed && i > 0) {
			body->failed = false;
			body->len = before;
			q->writer.comma = comma;
			return (long)i;
		}
	}
	return (long)n;
}

bool query_add_tag(
	struct query *q, struct search *search, struct lt_slice key, struct lt_slice value)
{
	struct search_tag *tags = (struct search_tag *)search->tags;
	if (!tags) {
		search->tags = tags = arena_alloc(&q->arena, TAGS_MAX, sizeof(*tags));
	}
	char *text = arena_alloc(&q->arena, key.len + value.len + 1, 1);
	if (!tags || !text || search->n_tags == TAGS_MAX) {
		return false;
	}
	memcpy(text, key.ptr, key.len);
	memcpy(text + key.len, value.ptr, value.len);
	tags[search->n_tags++] = (struct search_tag){{text, key.len}, {text + key.len, value.len}};
	return true;
}

static bool add_tags(struct query *q, json_t *object, struct search *search)
{
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		struct lt_slice text = {json_string_value(value), json_string_length(value)};
		if (!text.ptr || !query_add_tag(q, search, lt_slice(key), text)) {
			return false;
		}
	}
	return true;
}

bool query_parse_tags(
	struct query *q, const char *json, struct search *search, char *ret_why, size_t why_bytes)
{
	json_error_t error;
	json_t *object = json_loads(json, 0, &error);
	if (!json_is_object(object)) {
		snprintf(ret_why, why_bytes, "cannot unmarshal JSON: %s",
			object ? "it is no object" : error.text);
		json_decref(object);
		return false;
	}
	bool ok = add_tags(q, object, search);
	json_decref(object);
	if (!ok) {
		snprintf(ret_why, why_bytes, "up to %d tags, each a string", TAGS_MAX);
	}
	return ok;
}
