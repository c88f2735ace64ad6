/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf.c - the binary encoding, written front to back in one pass.
 *
 * A message's length stands before it and is known after it: we leave the bytes that it will most
 * likely take, and move the message in the rare case that it takes more or fewer.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
#include "attributes.h"
#include "otlp.h"

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

enum { VARINT_MAX_BYTES = 10 };

/* --- the encoding ------------------------------------------------------------------------- */

static size_t put_varint(char *to, uint64_t value)
{
	size_t n = 0;
	while (value >= 0x80) {
		to[n++] = (char)(value | 0x80);
		value >>= 7;
	}
	to[n++] = (char)value;
	return n;
}

static void add_varint(struct lt_buffer *b, uint64_t value)
{
	char *to = lt_buffer_reserve(b, VARINT_MAX_BYTES);
	if (to)
		b->len += put_varint(to, value);
}

static void add_tag(struct lt_buffer *b, unsigned field, enum wire wire)
{
	add_varint(b, field << 3 | wire);
}

/* Zero is every number's default, and not sent. */
static void add_uint(struct lt_buffer *b, unsigned field, uint64_t value)
{
	if (value == 0)
		return;
	add_tag(b, field, VARINT);
	add_varint(b, value);
}

/* The wire is little-endian, whatever the machine is. */
static void add_fixed(struct lt_buffer *b, uint64_t value, size_t n_bytes)
{
	char *to = lt_buffer_reserve(b, n_bytes);
	if (!to)
		return;
	for (size_t i = 0; i < n_bytes; i++)
		to[i] = (char)(value >> (8 * i));
	b->len += n_bytes;
}

static void add_fixed64(struct lt_buffer *b, unsigned field, uint64_t value)
{
	add_tag(b, field, FIXED64);
	add_fixed(b, value, sizeof value);
}

static void add_fixed32(struct lt_buffer *b, unsigned field, uint32_t value)
{
	add_tag(b, field, FIXED32);
	add_fixed(b, value, sizeof value);
}

static void add_bytes(struct lt_buffer *b, unsigned field, const void *bytes, size_t n)
{
	add_tag(b, field, BYTES);
	add_varint(b, n);
	lt_buffer_add(b, bytes, n);
}

/* Starts a message whose length takes `guess` bytes if it is as long as most. */
static size_t begin_message(struct lt_buffer *b, unsigned field, size_t guess)
{
	add_tag(b, field, BYTES);
	if (lt_buffer_reserve(b, guess))
		b->len += guess;
	return b->len;
}

static void end_message(struct lt_buffer *b, size_t start, size_t guess)
{
	if (b->failed)
		return;
	char length[VARINT_MAX_BYTES];
	size_t n_message = b->len - start;
	size_t n_length = put_varint(length, n_message);
	if (n_length != guess) {
		if (!lt_buffer_reserve(b, VARINT_MAX_BYTES))
			return;
		memmove(b->bytes + start + n_length - guess, b->bytes + start, n_message);
		b->len += n_length - guess;
	}
	memcpy(b->bytes + start - guess, length, n_length);
}

enum { SHORT = 1, LONG = 2, HUGE = 3 }; /* guesses: under 128 bytes, under 16 KiB, under 2 MiB */

/* Strings must be UTF-8, or the receiver rejects the batch. */
static void add_string_always(struct lt_buffer *b, unsigned field, struct lt_slice text)
{
	size_t start = begin_message(b, field, SHORT);
	lt_buffer_add_utf8(b, text);
	end_message(b, start, SHORT);
}

static void add_string(struct lt_buffer *b, unsigned field, struct lt_slice text)
{
	if (text.len)
		add_string_always(b, field, text);
}

/* --- common.proto, resource.proto --------------------------------------------------------- */

enum any_value { ANY_STRING = 1, ANY_BOOL = 2, ANY_INT = 3, ANY_DOUBLE = 4, ANY_ARRAY = 5 };

static void add_any_bool(struct lt_buffer *b, bool value)
{
	add_tag(b, ANY_BOOL, VARINT);
	add_varint(b, value);
}

static void add_any_int(struct lt_buffer *b, int64_t value)
{
	add_tag(b, ANY_INT, VARINT);
	add_varint(b, (uint64_t)value);
}

static void add_any_double(struct lt_buffer *b, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	add_fixed64(b, ANY_DOUBLE, bits);
}

static void add_any(struct lt_buffer *b, const struct lt_attr *attr);

static void add_any_array(struct lt_buffer *b, const struct lt_attr *attr)
{
	size_t array = begin_message(b, ANY_ARRAY, SHORT);
	for (uint32_t i = 0; i < attr->n_items; i++) {
		struct lt_attr item = lt_attr_item(attr, i);
		size_t value = begin_message(b, 1, SHORT);
		add_any(b, &item);
		end_message(b, value, SHORT);
	}
	end_message(b, array, SHORT);
}

static void add_any(struct lt_buffer *b, const struct lt_attr *attr)
{
	switch (attr->type) {
	case LT_TYPE_NONE:
		break;
	case LT_TYPE_STRING:
		add_string_always(b, ANY_STRING, attr->value.string);
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
	default:
		add_any_array(b, attr);
		break;
	}
}

static void add_attrs(struct lt_buffer *b, unsigned field, const struct lt_attributes *attrs)
{
	for (uint32_t i = 0; i < attrs->n; i++) {
		size_t pair = begin_message(b, field, SHORT);
		add_string(b, 1, attrs->items[i].key);
		size_t value = begin_message(b, 2, SHORT);
		add_any(b, &attrs->items[i]);
		end_message(b, value, SHORT);
		end_message(b, pair, SHORT);
	}
}

static void add_resource(struct lt_buffer *b, const struct lt_resource *resource)
{
	size_t start = begin_message(b, 1, LONG);
	add_attrs(b, 1, lt_resource_attributes(resource));
	end_message(b, start, LONG);
}

static void add_scope(struct lt_buffer *b, const struct lt_instrumentation_scope *scope)
{
	size_t start = begin_message(b, 1, SHORT);
	add_string(b, 1, scope->name);
	add_string(b, 2, scope->version);
	add_attrs(b, 3,
		&(struct lt_attributes){.items = scope->attrs, .n = (uint32_t)scope->n_attrs});
	end_message(b, start, SHORT);
}

/* --- trace.proto -------------------------------------------------------------------------- */

static void add_event(struct lt_buffer *b, const struct lt_event *event)
{
	size_t start = begin_message(b, 11, SHORT);
	add_fixed64(b, 1, event->time_ns);
	add_string(b, 2, event->name);
	add_attrs(b, 3, &event->attrs);
	add_uint(b, 4, event->attrs.n_dropped);
	end_message(b, start, SHORT);
}

static void add_link(struct lt_buffer *b, const struct lt_span_link *link)
{
	const struct lt_span_context *context = &link->context;
	size_t start = begin_message(b, 13, SHORT);
	add_bytes(b, 1, context->trace_id, sizeof context->trace_id);
	add_bytes(b, 2, context->span_id, sizeof context->span_id);
	add_string(b, 3, context->tracestate);
	add_attrs(b, 4, &link->attrs);
	add_uint(b, 5, link->attrs.n_dropped);
	add_fixed32(b, 6, lt_otlp_flags(context, context->remote));
	end_message(b, start, SHORT);
}

static void add_status(struct lt_buffer *b, const struct lt_span_data *span)
{
	if (span->status == LT_STATUS_UNSET)
		return;
	size_t start = begin_message(b, 15, SHORT);
	add_string(b, 2, span->status_text);
	add_uint(b, 3, span->status);
	end_message(b, start, SHORT);
}

static void add_span(struct lt_buffer *b, const struct lt_span_data *span)
{
	static const uint8_t no_parent[8];
	const struct lt_span_context *context = &span->context;
	size_t start = begin_message(b, 2, LONG);
	add_bytes(b, 1, context->trace_id, sizeof context->trace_id);
	add_bytes(b, 2, context->span_id, sizeof context->span_id);
	add_string(b, 3, context->tracestate);
	if (memcmp(span->parent_span_id, no_parent, sizeof no_parent) != 0)
		add_bytes(b, 4, span->parent_span_id, sizeof span->parent_span_id);
	add_string(b, 5, span->name);
	add_uint(b, 6, span->kind + 1u); /* SPAN_KIND_INTERNAL is 1 there */
	add_fixed64(b, 7, span->start_ns);
	add_fixed64(b, 8, span->end_ns);
	add_attrs(b, 9, &span->attrs);
	add_uint(b, 10, span->attrs.n_dropped);
	for (uint32_t i = 0; i < span->n_events; i++)
		add_event(b, &span->events[i]);
	add_uint(b, 12, span->n_dropped_events);
	for (uint32_t i = 0; i < span->n_links; i++)
		add_link(b, &span->links[i]);
	add_uint(b, 14, span->n_dropped_links);
	add_status(b, span);
	add_fixed32(b, 16, lt_otlp_flags(context, span->parent_remote));
	end_message(b, start, LONG);
}

static void add_scope_spans(
	struct lt_buffer *b, const struct lt_span_data *const *spans, size_t first, size_t n)
{
	const struct lt_instrumentation_scope *scope = spans[first]->scope;
	size_t start = begin_message(b, 2, HUGE);
	add_scope(b, scope);
	for (size_t i = first; i < n; i++)
		if (spans[i]->scope == scope)
			add_span(b, spans[i]);
	add_string(b, 3, scope->schema_url);
	end_message(b, start, HUGE);
}

void lt_otlp_protobuf_encode(struct lt_buffer *b, const struct lt_span_data *const *spans, size_t n)
{
	size_t start = begin_message(b, 1, HUGE);
	add_resource(b, spans[0]->resource);
	for (size_t i = 0; i < n; i++)
		if (lt_otlp_starts_scope(spans, i))
			add_scope_spans(b, spans, i, n);
	end_message(b, start, HUGE);
}

/* --- the response ------------------------------------------------------------------------- */

static bool take_varint(struct lt_slice *in, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < VARINT_MAX_BYTES && i < in->len; i++) {
		uint8_t byte = (uint8_t)in->ptr[i];
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*in = (struct lt_slice){in->ptr + i + 1, in->len - i - 1};
			*ret_value = value;
			return true;
		}
	}
	return false;
}

/* One field: its number, and its value as a number or as bytes. */
static bool take_field(
	struct lt_slice *in, uint64_t *ret_field, uint64_t *ret_number, struct lt_slice *ret_bytes)
{
	uint64_t tag, len;
	if (!take_varint(in, &tag))
		return false;
	*ret_field = tag >> 3;
	switch (tag & 7) {
	case VARINT:
		return take_varint(in, ret_number);
	case FIXED64:
		len = 8;
		break;
	case FIXED32:
		len = 4;
		break;
	case BYTES:
		if (!take_varint(in, &len))
			return false;
		break;
	default:
		return false;
	}
	if (len > in->len)
		return false;
	*ret_bytes = (struct lt_slice){in->ptr, (size_t)len};
	*in = (struct lt_slice){in->ptr + len, in->len - (size_t)len};
	return true;
}

bool lt_otlp_protobuf_decode_response(
	struct lt_slice response, struct lt_otlp_partial_success *ret_partial)
{
	struct lt_otlp_partial_success partial = {0};
	struct lt_slice message = {"", 0}, bytes = {"", 0};
	uint64_t field, number = 0;
	while (response.len) {
		if (!take_field(&response, &field, &number, &bytes))
			return false;
		if (field == 1)
			message = bytes;
	}
	while (message.len) {
		if (!take_field(&message, &field, &number, &bytes))
			return false;
		if (field == 1)
			partial.n_rejected = (int64_t)number;
		else if (field == 2)
			partial.message = bytes;
	}
	*ret_partial = partial;
	return true;
}
