/* SPDX-License-Identifier: Apache-2.0 */
/* common.c - shared by both versions of the query API. */
#include "query/common.h"

#include "base/hex.h"
#include "otlp/json_load.h"

#include <errno.h>
#include <stdio.h>

#define TAGS_MAX 64
#define TEXT_OF(number) TEXT_OF_TOKEN(number)
#define TEXT_OF_TOKEN(token) #token

int query_error(struct query *q, int status, const char *message)
{
	buffer_done(&q->answer->body);
	q->writer.comma = false;
	q->answer->status = status;
	q->write_error(q, status, message);
	return 0;
}

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
		if (write(&q->writer, traces[i]))
			return -ENOMEM;
		if (body->failed && i > 0) {
			body->failed = false;
			body->len = before;
			q->writer.comma = comma;
			return (long)i;
		}
	}
	return (long)n;
}

bool query_read_limit(struct query *q, const char *text, struct search *search)
{
	int64_t value = SEARCH_LIMIT_DEFAULT;
	if (text && (!parse_int64(text, &value) || value <= 0 || value > INT32_MAX))
		return false;
	q->limit_over_cap = value > SEARCH_LIMIT_MAX;
	search->limit = q->limit_over_cap ? SEARCH_LIMIT_MAX : (size_t)value;
	return true;
}

const char *query_left_out(const struct query *q, size_t n)
{
	bool is_cut = q->limit_over_cap && n == SEARCH_LIMIT_MAX;
	return is_cut ? "a search returns " TEXT_OF(SEARCH_LIMIT_MAX) " traces at most: there may "
								      "be more"
		      : NULL;
}

bool query_read_min_duration(const char *text, struct search *search)
{
	int64_t value_ns = 0;
	if (text && !parse_duration(text, &value_ns))
		return false;
	search->duration_min_ns = value_ns > 0 ? (uint64_t)value_ns : 0;
	return true;
}

bool query_read_max_duration(const char *text, struct search *search)
{
	int64_t value_ns = 0;
	if (text && !parse_duration(text, &value_ns))
		return false;
	search->duration_max_ns = value_ns > 0 ? (uint64_t)value_ns : value_ns < 0 ? 0 : UINT64_MAX;
	return true;
}

bool query_add_tag(
	struct query *q, struct search *search, struct lt_slice key, struct lt_slice value)
{
	struct search_tag *tags = (struct search_tag *)search->tags;
	if (!tags)
		search->tags = tags = arena_alloc(&q->arena, TAGS_MAX, sizeof(*tags));
	char *text = arena_alloc(&q->arena, key.len + value.len + 1, 1);
	if (!tags || !text || search->n_tags == TAGS_MAX)
		return false;
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
		if (!text.ptr || !query_add_tag(q, search, lt_slice(key), text))
			return false;
	}
	return true;
}

bool query_parse_tags(
	struct query *q, const char *json, struct search *search, char *ret_why, size_t why_bytes)
{
	json_error_t error;
	json_t *object = NULL;
	int err = json_load(lt_slice(json), 0, &error, &object);
	if (err || !json_is_object(object)) {
		snprintf(ret_why, why_bytes, "cannot unmarshal JSON: %s",
			err ? error.text : "it is no object");
		json_decref(object);
		return false;
	}
	bool ok = add_tags(q, object, search);
	json_decref(object);
	if (!ok)
		snprintf(ret_why, why_bytes, "cannot unmarshal JSON: up to %d tags, each a string",
			TAGS_MAX);
	return ok;
}
