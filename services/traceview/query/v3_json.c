/* SPDX-License-Identifier: Apache-2.0 */
/* v3_json.c - writes traces in OTLP's JSON. Members that hold their default are omitted. */
#include "query/v3_json.h"

#include "otlp/otlp.h"

#include <errno.h>
#include <stdlib.h>

static void write_value(struct json_writer *w, const struct value *value);

static void put_string(struct json_writer *w, const char *key, struct lt_slice value)
{
	if (value.len) {
		jw_key(w, key);
		jw_string(w, value);
	}
}

static void put_uint(struct json_writer *w, const char *key, uint64_t value)
{
	if (value) {
		jw_key(w, key);
		jw_uint(w, value);
	}
}

static void put_id(struct json_writer *w, const char *key, const uint8_t *id, size_t n)
{
	if (!id_is_zero(id, n)) {
		jw_key(w, key);
		jw_hex(w, id, n);
	}
}

static void put_time(struct json_writer *w, const char *key, uint64_t time_ns)
{
	jw_key(w, key);
	jw_quoted_uint(w, time_ns);
}

static void put_attrs(struct json_writer *w, const char *key, const struct attr_list *attrs)
{
	if (!attrs->n)
		return;
	jw_key(w, key);
	jw_begin(w, '[');
	for (size_t i = 0; i < attrs->n; i++) {
		jw_begin(w, '{');
		jw_key(w, "key");
		jw_string(w, attrs->items[i].key);
		jw_key(w, "value");
		write_value(w, &attrs->items[i].value);
		jw_end(w, '}');
	}
	jw_end(w, ']');
}

static void write_array(struct json_writer *w, const struct value_array *array)
{
	jw_begin(w, '{');
	if (array->n) {
		jw_key(w, "values");
		jw_begin(w, '[');
		for (size_t i = 0; i < array->n; i++)
			write_value(w, &array->items[i]);
		jw_end(w, ']');
	}
	jw_end(w, '}');
}

static void write_value(struct json_writer *w, const struct value *value)
{
	jw_begin(w, '{');
	switch (value->type) {
	case VALUE_NONE:
		break;
	case VALUE_STRING:
		jw_key(w, "stringValue");
		jw_string(w, value->string);
		break;
	case VALUE_BOOL:
		jw_key(w, "boolValue");
		jw_bool(w, value->boolean);
		break;
	case VALUE_INT:
		jw_key(w, "intValue");
		jw_quoted_int(w, value->integer);
		break;
	case VALUE_DOUBLE:
		jw_key(w, "doubleValue");
		jw_double(w, value->number);
		break;
	case VALUE_BYTES:
		jw_key(w, "bytesValue");
		jw_base64(w, value->string);
		break;
	case VALUE_ARRAY:
		jw_key(w, "arrayValue");
		write_array(w, &value->array);
		break;
	case VALUE_KVLIST:
		jw_key(w, "kvlistValue");
		jw_begin(w, '{');
		put_attrs(w, "values", &value->kvlist);
		jw_end(w, '}');
		break;
	}
	jw_end(w, '}');
}

static void write_event(struct json_writer *w, const struct event *event)
{
	jw_begin(w, '{');
	put_time(w, "timeUnixNano", event->time_ns);
	put_string(w, "name", event->name);
	put_attrs(w, "attributes", &event->attrs);
	put_uint(w, "droppedAttributesCount", event->n_dropped_attrs);
	jw_end(w, '}');
}

static void write_link(struct json_writer *w, const struct link *link)
{
	jw_begin(w, '{');
	put_id(w, "traceId", link->trace_id, sizeof(link->trace_id));
	put_id(w, "spanId", link->span_id, sizeof(link->span_id));
	put_string(w, "traceState", link->trace_state);
	put_attrs(w, "attributes", &link->attrs);
	put_uint(w, "droppedAttributesCount", link->n_dropped_attrs);
	put_uint(w, "flags", link->flags);
	jw_end(w, '}');
}

static void write_events_and_links(struct json_writer *w, const struct span *span)
{
	if (span->n_events) {
		jw_key(w, "events");
		jw_begin(w, '[');
		for (size_t i = 0; i < span->n_events; i++)
			write_event(w, &span->events[i]);
		jw_end(w, ']');
	}
	put_uint(w, "droppedEventsCount", span->n_dropped_events);
	if (span->n_links) {
		jw_key(w, "links");
		jw_begin(w, '[');
		for (size_t i = 0; i < span->n_links; i++)
			write_link(w, &span->links[i]);
		jw_end(w, ']');
	}
	put_uint(w, "droppedLinksCount", span->n_dropped_links);
}

static void write_span(struct json_writer *w, const struct span *span)
{
	jw_begin(w, '{');
	put_id(w, "traceId", span->trace_id, sizeof(span->trace_id));
	put_id(w, "spanId", span->span_id, sizeof(span->span_id));
	put_string(w, "traceState", span->trace_state);
	put_id(w, "parentSpanId", span->parent_id, sizeof(span->parent_id));
	put_uint(w, "flags", span->flags);
	put_string(w, "name", span->name);
	put_uint(w, "kind", span->kind);
	put_time(w, "startTimeUnixNano", span->start_ns);
	put_time(w, "endTimeUnixNano", span->end_ns);
	put_attrs(w, "attributes", &span->attrs);
	put_uint(w, "droppedAttributesCount", span->n_dropped_attrs);
	write_events_and_links(w, span);
	jw_key(w, "status");
	jw_begin(w, '{');
	put_string(w, "message", span->status_message);
	put_uint(w, "code", span->status);
	jw_end(w, '}');
	jw_end(w, '}');
}

/* --- resources and scopes ----------------------------------------------------------------- */

static int write_record(struct json_writer *w, struct arena *arena, const struct record *record)
{
	struct span span;
	arena_reset(arena);
	if (otlp_decode_span((struct lt_slice){record->data, record->len}, arena, &span))
		return -ENOMEM; /* intake decoded it, so it is not malformed */
	write_span(w, &span);
	return 0;
}

static int write_resource(struct json_writer *w, struct arena *arena, const struct shared *shared)
{
	struct resource resource;
	arena_reset(arena);
	if (otlp_decode_resource(shared->message, arena, &resource))
		return -ENOMEM;
	jw_key(w, "resource");
	jw_begin(w, '{');
	put_attrs(w, "attributes", &resource.attrs);
	put_uint(w, "droppedAttributesCount", resource.n_dropped_attrs);
	jw_end(w, '}');
	put_string(w, "schemaUrl", shared->schema_url);
	return 0;
}

static int write_scope(struct json_writer *w, struct arena *arena, const struct shared *shared)
{
	struct scope scope;
	arena_reset(arena);
	if (otlp_decode_scope(shared->message, arena, &scope))
		return -ENOMEM;
	jw_key(w, "scope");
	jw_begin(w, '{');
	put_string(w, "name", scope.name);
	put_string(w, "version", scope.version);
	put_attrs(w, "attributes", &scope.attrs);
	put_uint(w, "droppedAttributesCount", scope.n_dropped_attrs);
	jw_end(w, '}');
	put_string(w, "schemaUrl", shared->schema_url);
	return 0;
}

/* By the marks of resource and scope, then by start. */
static int by_group(const void *a, const void *b)
{
	const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
	if (x->resource != y->resource)
		return x->resource->mark < y->resource->mark ? -1 : 1;
	if (x->scope != y->scope)
		return x->scope->mark < y->scope->mark ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return memcmp(x->span_id, y->span_id, sizeof(x->span_id));
}

/* Sorts resources and scopes by the start of their first spans. */
static void group(struct record **records, size_t n)
{
	size_t mark = 0;
	records_clear_marks(records, n);
	for (size_t i = 0; i < n; i++) {
		if (!records[i]->resource->mark)
			records[i]->resource->mark = ++mark;
		if (!records[i]->scope->mark)
			records[i]->scope->mark = ++mark;
	}
	qsort(records, n, sizeof(struct record *), by_group);
}

static int write_scope_spans(
	struct json_writer *w, struct arena *arena, struct record *const *records, size_t n)
{
	jw_begin(w, '{');
	int err = write_scope(w, arena, records[0]->scope);
	jw_key(w, "spans");
	jw_begin(w, '[');
	for (size_t i = 0; i < n && !err && !w->out->failed; i++)
		err = write_record(w, arena, records[i]);
	jw_end(w, ']');
	jw_end(w, '}');
	return err;
}

static int write_resource_spans(
	struct json_writer *w, struct arena *arena, struct record *const *records, size_t n)
{
	jw_begin(w, '{');
	int err = write_resource(w, arena, records[0]->resource);
	jw_key(w, "scopeSpans");
	jw_begin(w, '[');
	for (size_t from = 0, to; from < n && !err; from = to) {
		for (to = from; to < n && records[to]->scope == records[from]->scope; to++) {}
		err = write_scope_spans(w, arena, records + from, to - from);
	}
	jw_end(w, ']');
	jw_end(w, '}');
	return err;
}

int v3_write_trace(struct json_writer *w, const struct trace *trace)
{
	size_t n = trace->n_spans;
	struct record **records = calloc(n, sizeof(struct record *));
	if (!records)
		return -ENOMEM;
	struct arena arena;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	trace_sorted(trace, records);
	group(records, n);
	int err = 0;
	for (size_t from = 0, to; from < n && !err; from = to) {
		for (to = from; to < n && records[to]->resource == records[from]->resource; to++) {}
		err = write_resource_spans(w, &arena, records + from, to - from);
	}
	arena_done(&arena);
	free(records);
	return err;
}
