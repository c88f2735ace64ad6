/* SPDX-License-Identifier: Apache-2.0 */
/* jaeger_json.c - writes traces in the JSON of Jaeger's query API. */
#include "query/jaeger_json.h"

#include "base/hex.h"
#include "otlp/otlp.h"
#include "otlp/value_text.h"
#include "query/adjust.h"
#include "query/adjusted_json.h"

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
	bool raw;	    /* nothing is adjusted */
	struct arena arena; /* of the current span */
	struct buffer text; /* of the current value */
	int error;
};

/* Jaeger's old clients packed an IPv4 address into a number; it is shown as an address.
 * @param text  room for it; @return the value to write */
static struct value address_of(const struct attr *attr, char text[16])
{
	struct value value = attr->value;
	bool is_key = slice_equal(attr->key, lt_slice("ip")) ||
		      slice_equal(attr->key, lt_slice("peer.ipv4"));
	bool is_int = value.type == VALUE_INT;
	if (!is_key || !(is_int || (value.type == VALUE_DOUBLE && value.number >= 0 &&
					   value.number <= UINT32_MAX)))
		return value;
	uint32_t ip = is_int ? (uint32_t)value.integer : (uint32_t)value.number;
	snprintf(text, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	return (struct value){.type = VALUE_STRING, .string = lt_slice(text)};
}

static void write_tag(struct trace_writer *t, struct attr *attr)
{
	struct json_writer *w = t->w;
	char address[16];
	struct value own = t->raw ? attr->value : address_of(attr, address), *value = &own;
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
	if (value->type == VALUE_BYTES && !value->string.len) {
		jw_null(w); /* as Go writes no bytes */
	} else if (value->type == VALUE_BOOL) {
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

static void write_decoded(struct trace_writer *t, const struct adjusted *adjusted,
	const struct span *span, const struct scope *scope)
{
	struct json_writer *w = t->w;
	const struct record *record = adjusted->record;
	char process[24];
	snprintf(process, sizeof(process), "p%zu", record->resource->mark);
	jw_begin(w, '{');
	jw_key(w, "traceID");
	jw_hex(w, span->trace_id, 16);
	jw_key(w, "spanID");
	jw_hex(w, adjusted->span_id, 8);
	jw_key(w, "operationName");
	jw_string(w, span->name);
	adjusted_write_references(w, span, adjusted, t->raw);
	jw_key(w, "startTime");
	jw_uint(w, record->start_ns / 1000);
	jw_key(w, "duration");
	jw_uint(w, adjusted_duration_ns(record) / 1000);
	write_span_tags(t, span, scope);
	jw_key(w, "logs");
	jw_begin(w, '[');
	for (size_t i = 0; i < span->n_events; i++)
		write_log(t, &span->events[i]);
	jw_end(w, ']');
	jw_key(w, "processID");
	jw_string(w, lt_slice(process));
	t->text.len = 0;
	adjusted_write_warnings(w, &t->text, span, adjusted, t->raw);
	jw_end(w, '}');
}

static void write_span(struct trace_writer *t, const struct adjusted *adjusted)
{
	const struct record *record = adjusted->record;
	struct span span;
	struct scope scope;
	arena_reset(&t->arena);
	struct lt_slice message = {record->data, record->len};
	if (otlp_decode_span(message, &t->arena, &span) ||
		otlp_decode_scope(record->scope->message, &t->arena, &scope)) {
		t->error = -ENOMEM; /* intake decoded it, so it is not malformed */
		return;
	}
	write_decoded(t, adjusted, &span, &scope);
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

static void write_trace(struct trace_writer *t, const struct adjusted *spans, size_t n)
{
	struct json_writer *w = t->w;
	jw_begin(w, '{');
	jw_key(w, "traceID");
	jw_hex(w, t->trace->id, 16);
	jw_key(w, "spans");
	jw_begin(w, '[');
	for (size_t i = 0; i < n; i++)
		spans[i].record->resource->mark = 0;
	for (size_t i = 0, n_processes = 0; i < n && !t->error && !w->out->failed; i++) {
		if (!spans[i].record->resource->mark)
			spans[i].record->resource->mark = ++n_processes;
		write_span(t, &spans[i]);
	}
	jw_end(w, ']');
	jw_key(w, "processes");
	jw_begin(w, '{');
	for (size_t i = 0, n_processes = 0; i < n && !t->error && !w->out->failed; i++) {
		if (spans[i].record->resource->mark > n_processes) {
			n_processes++;
			write_process(t, spans[i].record->resource);
		}
	}
	jw_end(w, '}');
	jw_key(w, "warnings");
	jw_null(w);
	jw_end(w, '}');
}

static int adjust_and_write(struct json_writer *w, const struct trace *trace, bool raw)
{
	struct trace_writer t = {.w = w, .trace = trace, .raw = raw};
	struct adjusted *spans;
	int err = adjust_trace(trace, raw, &spans);
	if (err)
		return err;
	arena_init(&t.arena, OTLP_ARENA_MAX_BYTES);
	buffer_init(&t.text, w->out->limit);
	write_trace(&t, spans, trace->n_spans);
	if (t.text.failed)
		t.error = -ENOMEM;
	buffer_done(&t.text);
	arena_done(&t.arena);
	free(spans);
	return t.error;
}

int jaeger_write_trace(struct json_writer *w, const struct trace *trace)
{
	return adjust_and_write(w, trace, false);
}

int jaeger_write_raw_trace(struct json_writer *w, const struct trace *trace)
{
	return adjust_and_write(w, trace, true);
}
