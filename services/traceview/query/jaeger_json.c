/* SPDX-License-Identifier: Apache-2.0 */
/* jaeger_json.c - writes traces in the JSON of Jaeger's query API. */
#include "query/jaeger_json.h"

#include "base/hex.h"
#include "otlp/otlp.h"
#include "otlp/value_text.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <stdio.h>
#include <stdlib.h>

/* Larger integers are written as strings: JavaScript's numbers do not hold them. */
#define SAFE_INTEGER_MAX ((INT64_C(1) << 53) - 1)

/* Tags written beside a span's attributes: scope name and version, kind, status, error,
 * description, tracestate. */
#define OWN_TAGS_MAX 7

struct trace_writer {
	struct json_writer *w;
	const struct trace *trace;
	struct arena arena; /* of the current span */
	struct buffer text; /* of the current value */
	int error;
};

static void write_tag(struct trace_writer *t, struct attr *attr)
{
	struct json_writer *w = t->w;
	struct value *value = &attr->value;
	static const char *const types[] = {[VALUE_NONE] = "string",
		[VALUE_STRING] = "string",
		[VALUE_BOOL] = "bool",
		[VALUE_INT] = "int64",
		[VALUE_DOUBLE] = "float64",
		[VALUE_BYTES] = "binary",
		[VALUE_ARRAY] = "string",
		[VALUE_KVLIST] = "string"};
	jw_begin(w, '{');
	jw_key(w, "key");
	jw_string(w, attr->key);
	jw_key(w, "type");
	jw_string(w, lt_slice(types[value->type]));
	jw_key(w, "value");
	if (value->type == VALUE_BOOL) {
		jw_bool(w, value->boolean);
	} else if (value->type == VALUE_DOUBLE) {
		jw_double(w, value->number);
	} else if (value->type == VALUE_INT && value->integer <= SAFE_INTEGER_MAX &&
		   value->integer >= -SAFE_INTEGER_MAX) {
		jw_int(w, value->integer);
	} else {
		t->text.len = 0;
		value_text(&t->text, value);
		jw_string(w, buffer_slice(&t->text));
	}
	jw_end(w, '}');
}

static void write_tags(struct trace_writer *t, const char *key, struct attr_list *tags)
{
	jw_key(t->w, key);
	jw_begin(t->w, '[');
	for (size_t i = 0; i < tags->n; i++)
		write_tag(t, &tags->items[i]);
	jw_end(t->w, ']');
}

static void add_string(struct attr_list *tags, const char *key, struct lt_slice value)
{
	if (value.len) {
		tags->items[tags->n++] = (struct attr){
			.key = lt_slice(key), .value = {.type = VALUE_STRING, .string = value}};
	}
}

static void write_span_tags(
	struct trace_writer *t, const struct span *span, const struct scope *scope)
{
	struct attr_list tags = {
		arena_alloc(&t->arena, span->attrs.n + OWN_TAGS_MAX, sizeof(*tags.items)), 0};
	if (!tags.items) {
		t->error = -ENOMEM;
		return;
	}
	if (span->attrs.n) {
		memcpy(tags.items, span->attrs.items, span->attrs.n * sizeof(*tags.items));
		tags.n = span->attrs.n;
	}
	add_string(&tags, "otel.scope.name", scope->name);
	add_string(&tags, "otel.scope.version", scope->version);
	add_string(&tags, "span.kind", lt_slice(span_kind_name(span->kind)));
	if (span->status == STATUS_OK) {
		add_string(&tags, "otel.status_code", lt_slice("OK"));
	} else if (span->status == STATUS_ERROR) {
		add_string(&tags, "otel.status_code", lt_slice("ERROR"));
		tags.items[tags.n++] = (struct attr){
			.key = lt_slice("error"), .value = {.type = VALUE_BOOL, .boolean = true}};
	}
	add_string(&tags, "otel.status_description", span->status_message);
	add_string(&tags, "w3c.tracestate", span->trace_state);
	attrs_sort(&tags);
	write_tags(t, "tags", &tags);
}

static void write_reference(struct json_writer *w, const char *type, const uint8_t trace_id[16],
	const uint8_t span_id[8])
{
	jw_begin(w, '{');
	jw_key(w, "refType");
	jw_string(w, lt_slice(type));
	jw_key(w, "traceID");
	jw_hex(w, trace_id, 16);
	jw_key(w, "spanID");
	jw_hex(w, span_id, 8);
	jw_end(w, '}');
}

static const char *type_of_link(const struct link *link)
{
	const struct value *type = attr_find(&link->attrs, "opentracing.ref_type");
	bool is_child = type && type->type == VALUE_STRING &&
			slice_equal(type->string, lt_slice("child_of"));
	return is_child ? "CHILD_OF" : "FOLLOWS_FROM";
}

static bool is_parent(const struct span *span, const struct link *link)
{
	return !id_is_zero(span->parent_id, 8) && memcmp(link->trace_id, span->trace_id, 16) == 0 &&
	       memcmp(link->span_id, span->parent_id, 8) == 0;
}

/* The parent comes first. A link to the parent is not repeated; it gives the reference its type. */
static void write_references(struct json_writer *w, const struct span *span)
{
	const char *parent_type = "CHILD_OF";
	for (size_t i = 0; i < span->n_links; i++) {
		if (is_parent(span, &span->links[i]))
			parent_type = type_of_link(&span->links[i]);
	}
	jw_key(w, "references");
	jw_begin(w, '[');
	if (!id_is_zero(span->parent_id, 8))
		write_reference(w, parent_type, span->trace_id, span->parent_id);
	for (size_t i = 0; i < span->n_links; i++) {
		const struct link *link = &span->links[i];
		if (!is_parent(span, link))
			write_reference(w, type_of_link(link), link->trace_id, link->span_id);
	}
	jw_end(w, ']');
}

static void write_log(struct trace_writer *t, const struct event *event)
{
	struct attr_list fields = {
		arena_alloc(&t->arena, event->attrs.n + 1, sizeof(*fields.items)), 0};
	if (!fields.items) {
		t->error = -ENOMEM;
		return;
	}
	if (!attr_find(&event->attrs, "event"))
		add_string(&fields, "event", event->name);
	if (event->attrs.n) {
		memcpy(fields.items + fields.n, event->attrs.items,
			event->attrs.n * sizeof(*fields.items));
		fields.n += event->attrs.n;
	}
	jw_begin(t->w, '{');
	jw_key(t->w, "timestamp");
	jw_uint(t->w, event->time_ns / 1000);
	write_tags(t, "fields", &fields);
	jw_end(t->w, '}');
}

static void write_decoded(struct trace_writer *t, const struct record *record,
	const struct span *span, const struct scope *scope)
{
	struct json_writer *w = t->w;
	char process[24];
	snprintf(process, sizeof(process), "p%zu", record->resource->mark);
	jw_begin(w, '{');
	jw_key(w, "traceID");
	jw_hex(w, span->trace_id, 16);
	jw_key(w, "spanID");
	jw_hex(w, span->span_id, 8);
	jw_key(w, "operationName");
	jw_string(w, span->name);
	write_references(w, span);
	jw_key(w, "startTime");
	jw_uint(w, record->start_ns / 1000);
	jw_key(w, "duration");
	jw_uint(w, (record->end_ns - record->start_ns) / 1000);
	write_span_tags(t, span, scope);
	jw_key(w, "logs");
	jw_begin(w, '[');
	for (size_t i = 0; i < span->n_events; i++)
		write_log(t, &span->events[i]);
	jw_end(w, ']');
	jw_key(w, "processID");
	jw_string(w, lt_slice(process));
	jw_key(w, "warnings");
	jw_null(w);
	jw_end(w, '}');
}

static void write_span(struct trace_writer *t, const struct record *record)
{
	struct span span;
	struct scope scope;
	arena_reset(&t->arena);
	struct lt_slice message = {record->data, record->len};
	if (otlp_decode_span(message, &t->arena, &span) ||
		otlp_decode_scope(record->scope->message, &t->arena, &scope)) {
		t->error = -ENOMEM; /* intake decoded it, so it is not malformed */
		return;
	}
	write_decoded(t, record, &span, &scope);
}

static void write_process(struct trace_writer *t, const struct shared *shared)
{
	struct resource resource;
	char key[24];
	arena_reset(&t->arena);
	if (otlp_decode_resource(shared->message, &t->arena, &resource)) {
		t->error = -ENOMEM;
		return;
	}
	struct attr_list tags = {resource.attrs.items, 0};
	for (size_t i = 0; i < resource.attrs.n; i++) {
		if (!slice_equal(resource.attrs.items[i].key, lt_slice(LT_SERVICE_NAME)))
			tags.items[tags.n++] = resource.attrs.items[i];
	}
	attrs_sort(&tags);
	snprintf(key, sizeof(key), "p%zu", shared->mark);
	jw_key(t->w, key);
	jw_begin(t->w, '{');
	jw_key(t->w, "serviceName");
	jw_string(t->w, shared->service);
	write_tags(t, "tags", &tags);
	jw_end(t->w, '}');
}

static void write_trace(struct trace_writer *t, struct record *const *records, size_t n)
{
	struct json_writer *w = t->w;
	jw_begin(w, '{');
	jw_key(w, "traceID");
	jw_hex(w, t->trace->id, 16);
	jw_key(w, "spans");
	jw_begin(w, '[');
	records_clear_marks(records, n);
	for (size_t i = 0, n_processes = 0; i < n && !t->error && !w->out->failed; i++) {
		if (!records[i]->resource->mark)
			records[i]->resource->mark = ++n_processes;
		write_span(t, records[i]);
	}
	jw_end(w, ']');
	jw_key(w, "processes");
	jw_begin(w, '{');
	for (size_t i = 0, n_processes = 0; i < n && !t->error && !w->out->failed; i++) {
		if (records[i]->resource->mark > n_processes) {
			n_processes++;
			write_process(t, records[i]->resource);
		}
	}
	jw_end(w, '}');
	jw_key(w, "warnings");
	jw_null(w);
	jw_end(w, '}');
}

int jaeger_write_trace(struct json_writer *w, const struct trace *trace)
{
	struct trace_writer t = {.w = w, .trace = trace};
	struct record **records = calloc(trace->n_spans, sizeof(struct record *));
	if (!records)
		return -ENOMEM;
	arena_init(&t.arena, OTLP_ARENA_MAX_BYTES);
	buffer_init(&t.text, w->out->limit);
	trace_sorted(trace, records);
	write_trace(&t, records, trace->n_spans);
	if (t.text.failed)
		t.error = -ENOMEM;
	buffer_done(&t.text);
	arena_done(&t.arena);
	free(records);
	return t.error;
}
