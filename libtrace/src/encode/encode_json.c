/* SPDX-License-Identifier: Apache-2.0 */
/* encode_json.c - the JSON encoding, written directly into the send buffer.
 *
 * A JSON library builds a tree first, which is most of the cost at thousands of spans a second, and
 * writing JSON needs no parser.  Ids are hex here, not base64, and 64-bit integers are strings.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
#include "encode/encode.h"
#include "trace/attributes.h"
#include "util/id_hex.h"
#include "util/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* What has many callers stays one function: inlined, as the compiler would, the encoder is 3 KB larger
 * and a span takes 2 % fewer instructions. */
#define SHARED __attribute__((noinline))

/* --- JSON --------------------------------------------------------------------------------- */

static bool needs_escape(char c)
{
	return (uint8_t)c < 0x20 || c == '"' || c == '\\';
}

static void add_escaped(struct lt_buffer *b, char c)
{
	if (c == '"' || c == '\\')
		lt_buffer_add(b, (char[]){'\\', c}, 2);
	else
		lt_buffer_printf(b, "\\u%04x", (unsigned)(uint8_t)c);
}

/* For valid UTF-8: only quotes, backslashes and control characters are escaped. */
static void add_valid(struct lt_buffer *b, const char *text, size_t n)
{
	size_t done = 0;
	for (size_t i = 0; i < n; i++) {
		if (!needs_escape(text[i]))
			continue;
		lt_buffer_add(b, text + done, i - done);
		add_escaped(b, text[i]);
		done = i + 1;
	}
	lt_buffer_add(b, text + done, n - done);
}

SHARED static void add_string(struct lt_buffer *b, struct lt_slice text)
{
	lt_buffer_add_char(b, '"');
	for (;;) {
		size_t valid = lt_utf8_valid(text);
		add_valid(b, text.ptr, valid);
		if (valid == text.len)
			break;
		lt_buffer_add_text(b, LT_UTF8_REPLACEMENT);
		text = (struct lt_slice){text.ptr + valid + 1, text.len - valid - 1};
	}
	lt_buffer_add_char(b, '"');
}

/* Adds a comma before every member but the first of an object or array. */
static void add_comma(struct lt_buffer *b)
{
	if (b->len && b->bytes[b->len - 1] != '{' && b->bytes[b->len - 1] != '[')
		lt_buffer_add_char(b, ',');
}

SHARED static void add_key(struct lt_buffer *b, const char *key)
{
	add_comma(b);
	lt_buffer_add_char(b, '"');
	lt_buffer_add_text(b, key);
	lt_buffer_add(b, "\":", 2);
}

static void open_object(struct lt_buffer *b)
{
	add_comma(b);
	lt_buffer_add_char(b, '{');
}

SHARED static void add_decimal(struct lt_buffer *b, uint64_t value)
{
	char digits[20];
	size_t n = 0;
	do
		digits[sizeof(digits) - ++n] = (char)('0' + value % 10);
	while (value /= 10);
	lt_buffer_add(b, digits + sizeof(digits) - n, n);
}

static void add_uint64_member(struct lt_buffer *b, const char *key, uint64_t value)
{
	add_key(b, key);
	lt_buffer_add_char(b, '"');
	add_decimal(b, value);
	lt_buffer_add_char(b, '"');
}

static void add_uint32_member(struct lt_buffer *b, const char *key, uint32_t value)
{
	if (value == 0)
		return;
	add_key(b, key);
	add_decimal(b, value);
}

static void add_string_member(struct lt_buffer *b, const char *key, struct lt_slice value)
{
	if (value.len == 0)
		return;
	add_key(b, key);
	add_string(b, value);
}

static void add_hex_member(struct lt_buffer *b, const char *key, const uint8_t *bytes, size_t n)
{
	add_key(b, key);
	char *to = lt_buffer_reserve(b, 2 * n + 2);
	if (!to)
		return;
	*to++ = '"';
	to = lt_hex_print(to, bytes, n);
	*to = '"';
	b->len += 2 * n + 2;
}

/* --- values and attributes ---------------------------------------------------------------- */

static void add_any_string(struct lt_buffer *b, struct lt_slice value)
{
	lt_buffer_add_text(b, "{\"stringValue\":");
	add_string(b, value);
	lt_buffer_add_char(b, '}');
}

static void add_any_bool(struct lt_buffer *b, bool value)
{
	lt_buffer_add_text(b, value ? "{\"boolValue\":true}" : "{\"boolValue\":false}");
}

static void add_any_int(struct lt_buffer *b, int64_t value)
{
	lt_buffer_add_text(b, "{\"intValue\":\"");
	if (value < 0)
		lt_buffer_add_char(b, '-');
	add_decimal(b, value < 0 ? -(uint64_t)value : (uint64_t)value);
	lt_buffer_add_text(b, "\"}");
}

static void add_finite(struct lt_buffer *b, double value)
{
	lt_buffer_add_text(b, "{\"doubleValue\":");
	/* Many readers take "-0" for an integer, which loses the sign. */
	lt_buffer_printf(b, value == 0 && signbit(value) ? "%.1f" : "%.17g", value);
	lt_buffer_add_char(b, '}');
}

static void add_any_double(struct lt_buffer *b, double value)
{
	/* What JSON has no number for is a string: https://protobuf.dev/programming-guides/json/ */
	if (isnan(value))
		lt_buffer_add_text(b, "{\"doubleValue\":\"NaN\"}");
	else if (isinf(value))
		lt_buffer_add_text(b, value > 0 ? "{\"doubleValue\":\"Infinity\"}"
						: "{\"doubleValue\":\"-Infinity\"}");
	else
		add_finite(b, value);
}

static void add_attrs(struct lt_buffer *b, const char *key, const struct lt_attributes *attrs);

static void add_any_bytes(struct lt_buffer *b, struct lt_slice bytes)
{
	lt_buffer_add_text(b, "{\"bytesValue\":\"");
	lt_buffer_add_base64(b, bytes);
	lt_buffer_add_text(b, "\"}");
}

static void add_any_map(struct lt_buffer *b, const struct lt_attr *attr)
{
	lt_buffer_add_text(b, "{\"kvlistValue\":{");
	add_attrs(b, "values",
		&(struct lt_attributes){.items = attr->value.attrs, .n = attr->n_items});
	lt_buffer_add_text(b, "}}");
}

static void add_any(struct lt_buffer *b, const struct lt_attr *attr)
{
	switch (attr->type) {
	case LT_TYPE_NONE:
		lt_buffer_add_text(b, "{}");
		break;
	case LT_TYPE_STRING:
		add_any_string(b, attr->value.string);
		break;
	case LT_TYPE_BOOL:
		add_any_bool(b, attr->value.boolean);
		break;
	case LT_TYPE_INT:
		add_any_int(b, attr->value.integer);
		break;
	case LT_TYPE_DOUBLE:
		add_any_double(b, attr->value.number);
		break;
	case LT_TYPE_BYTES:
		add_any_bytes(b, attr->value.bytes);
		break;
	case LT_TYPE_MAP:
		add_any_map(b, attr);
		break;
	default:
		lt_buffer_add_text(b, "{\"arrayValue\":{\"values\":[");
		for (uint32_t i = 0; i < attr->n_items; i++) {
			struct lt_attr item = lt_attr_item(attr, i);
			add_comma(b);
			add_any(b, &item);
		}
		lt_buffer_add_text(b, "]}}");
		break;
	}
}

static void add_attrs(struct lt_buffer *b, const char *key, const struct lt_attributes *attrs)
{
	if (attrs->n == 0)
		return;
	add_key(b, key);
	lt_buffer_add_char(b, '[');
	for (uint32_t i = 0; i < attrs->n; i++) {
		open_object(b);
		add_string_member(b, "key", attrs->items[i].key);
		add_key(b, "value");
		add_any(b, &attrs->items[i]);
		lt_buffer_add_char(b, '}');
	}
	lt_buffer_add_char(b, ']');
}

/* --- spans -------------------------------------------------------------------------------- */

static void add_events(struct lt_buffer *b, const struct lt_span_data *span)
{
	if (span->n_events == 0)
		return;
	add_key(b, "events");
	lt_buffer_add_char(b, '[');
	for (uint32_t i = 0; i < span->n_events; i++) {
		const struct lt_event *event = &span->events[i];
		open_object(b);
		add_uint64_member(b, "timeUnixNano", event->time_ns);
		add_string_member(b, "name", event->name);
		add_attrs(b, "attributes", &event->attrs);
		add_uint32_member(b, "droppedAttributesCount", event->attrs.n_dropped);
		lt_buffer_add_char(b, '}');
	}
	lt_buffer_add_char(b, ']');
}

static void add_context(struct lt_buffer *b, const struct lt_span_context_view *context)
{
	add_hex_member(b, "traceId", context->trace_id, sizeof(context->trace_id));
	add_hex_member(b, "spanId", context->span_id, sizeof(context->span_id));
	add_string_member(b, "traceState", context->tracestate);
}

static void add_links(struct lt_buffer *b, const struct lt_span_data *span)
{
	if (span->n_links == 0)
		return;
	add_key(b, "links");
	lt_buffer_add_char(b, '[');
	for (uint32_t i = 0; i < span->n_links; i++) {
		const struct lt_span_link *link = &span->links[i];
		open_object(b);
		add_context(b, &link->context);
		add_attrs(b, "attributes", &link->attrs);
		add_uint32_member(b, "droppedAttributesCount", link->attrs.n_dropped);
		add_uint32_member(b, "flags", lt_otlp_flags(&link->context, link->context.remote));
		lt_buffer_add_char(b, '}');
	}
	lt_buffer_add_char(b, ']');
}

static void add_status(struct lt_buffer *b, const struct lt_span_data *span)
{
	if (span->status == LT_STATUS_UNSET)
		return;
	add_key(b, "status");
	lt_buffer_add_char(b, '{');
	add_string_member(b, "message", span->status_text);
	add_uint32_member(b, "code", span->status);
	lt_buffer_add_char(b, '}');
}

static void add_span(struct lt_buffer *b, const struct lt_span_data *span)
{
	static const uint8_t no_parent[8];
	open_object(b);
	add_context(b, &span->context);
	if (memcmp(span->parent_span_id, no_parent, sizeof(no_parent)) != 0)
		add_hex_member(
			b, "parentSpanId", span->parent_span_id, sizeof(span->parent_span_id));
	add_uint32_member(b, "flags", lt_otlp_flags(&span->context, span->parent_remote));
	add_string_member(b, "name", span->name);
	add_uint32_member(b, "kind", span->kind + 1u);
	add_uint64_member(b, "startTimeUnixNano", span->start_ns);
	add_uint64_member(b, "endTimeUnixNano", span->end_ns);
	add_attrs(b, "attributes", &span->attrs);
	add_uint32_member(b, "droppedAttributesCount", span->attrs.n_dropped);
	add_events(b, span);
	add_uint32_member(b, "droppedEventsCount", span->n_dropped_events);
	add_links(b, span);
	add_uint32_member(b, "droppedLinksCount", span->n_dropped_links);
	add_status(b, span);
	lt_buffer_add_char(b, '}');
}

static void add_scope_spans(
	struct lt_buffer *b, const struct lt_span_data *const *spans, size_t first, size_t n)
{
	const struct lt_instrumentation_scope *scope = spans[first]->scope;
	open_object(b);
	add_key(b, "scope");
	lt_buffer_add_char(b, '{');
	add_string_member(b, "name", scope->name);
	add_string_member(b, "version", scope->version);
	add_attrs(b, "attributes",
		&(struct lt_attributes){.items = scope->attrs, .n = (uint32_t)scope->n_attrs});
	lt_buffer_add_char(b, '}');
	add_key(b, "spans");
	lt_buffer_add_char(b, '[');
	for (size_t i = first; i < n; i++) {
		if (spans[i]->scope == scope)
			add_span(b, spans[i]);
	}
	lt_buffer_add_char(b, ']');
	add_string_member(b, "schemaUrl", scope->schema_url);
	lt_buffer_add_char(b, '}');
}

static void add_resource_spans(
	struct lt_buffer *b, const struct lt_span_data *const *spans, size_t n)
{
	open_object(b);
	lt_buffer_add_text(b, "\"resource\":{");
	add_attrs(b, "attributes", lt_resource_attributes(spans[0]->resource));
	lt_buffer_add_text(b, "},\"scopeSpans\":[");
	for (size_t i = 0; i < n; i++) {
		if (lt_otlp_starts_scope(spans, i))
			add_scope_spans(b, spans, i, n);
	}
	lt_buffer_add_char(b, ']');
	add_string_member(b, "schemaUrl", lt_resource_schema_url(spans[0]->resource));
	lt_buffer_add_char(b, '}');
}

void lt_otlp_json_encode(struct lt_buffer *b, const struct lt_span_data *const *spans, size_t n)
{
	lt_buffer_add_text(b, "{\"resourceSpans\":[");
	for (size_t i = 0, n_run; i < n; i += n_run) {
		n_run = lt_otlp_run(spans + i, n - i);
		add_resource_spans(b, spans + i, n_run);
	}
	lt_buffer_add_text(b, "]}");
}
