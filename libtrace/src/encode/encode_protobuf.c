/* SPDX-License-Identifier: Apache-2.0 */
/* encode_protobuf.c - the binary encoding, written front to back in one pass.
 *
 * A message's length precedes it but is known only afterwards: the usual number of bytes is
 * reserved, and the message is moved in the rare case that its length takes more or fewer.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/ */
#include "encode/encode.h"
#include "trace/attributes.h"

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

#define VARINT_MAX_BYTES 10
#define SCALAR_MAX_BYTES (1 + VARINT_MAX_BYTES)
#define HEAD_MAX_BYTES 128  /* of what comes before a span's, an event's or a link's texts */
#define PLAIN_MAX_BYTES 112 /* key and string of add_plain_attr: lengths stay under 128 */

/* --- the encoding ------------------------------------------------------------------------- */

/* put_ writes into reserved room and returns the end; add_ reserves the room first. */

static char *put_varint(char *to, uint64_t value)
{
	while (value >= 0x80) {
		*to++ = (char)(value | 0x80);
		value >>= 7;
	}
	*to++ = (char)value;
	return to;
}

static char *put_tag(char *to, unsigned field, enum wire wire)
{
	return put_varint(to, field << 3 | wire);
}

/* The wire is little-endian, whatever the machine is. */
static char *put_fixed64(char *to, unsigned field, uint64_t value)
{
	to = put_tag(to, field, FIXED64);
	for (size_t i = 0; i < sizeof(value); i++)
		*to++ = (char)(value >> (8 * i));
	return to;
}

static char *put_fixed32(char *to, unsigned field, uint32_t value)
{
	to = put_tag(to, field, FIXED32);
	for (size_t i = 0; i < sizeof(value); i++)
		*to++ = (char)(value >> (8 * i));
	return to;
}

/* Fewer than 128. */
static char *put_bytes(char *to, unsigned field, const void *bytes, size_t n)
{
	to = put_tag(to, field, BYTES);
	*to++ = (char)n;
	memcpy(to, bytes, n);
	return to + n;
}

static void add_tag(struct lt_buffer *b, unsigned field, enum wire wire)
{
	char *to = lt_buffer_reserve(b, VARINT_MAX_BYTES);
	if (to)
		b->len += (size_t)(put_tag(to, field, wire) - to);
}

/* Zero is the default of every number and is not sent. */
static void add_uint(struct lt_buffer *b, unsigned field, uint64_t value)
{
	char *to = value ? lt_buffer_reserve(b, 2 * VARINT_MAX_BYTES) : NULL;
	if (to)
		b->len += (size_t)(put_varint(put_tag(to, field, VARINT), value) - to);
}

/* Starts a message and reserves `guess` bytes for its length. */
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
	size_t n_length = (size_t)(put_varint(length, n_message) - length);
	if (n_length != guess) {
		if (!lt_buffer_reserve(b, VARINT_MAX_BYTES))
			return;
		memmove(b->bytes + start + n_length - guess, b->bytes + start, n_message);
		b->len += n_length - guess;
	}
	memcpy(b->bytes + start - guess, length, n_length);
}

enum { SHORT = 1, LONG = 2, HUGE = 3 }; /* guesses: under 128 bytes, under 16 KiB, under 2 MiB */

/* Copies n bytes of text; false, with undefined bytes copied, unless all are ASCII. */
static bool put_ascii(char *to, const char *from, size_t n)
{
	uint64_t bits = 0, word;
	size_t i = 0;
	for (; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, from + i, sizeof(word));
		memcpy(to + i, &word, sizeof(word));
		bits |= word;
	}
	for (; i < n; i++) {
		to[i] = from[i];
		bits |= (uint8_t)from[i];
	}
	return !(bits & UINT64_C(0x8080808080808080));
}

/* Strings must be UTF-8, or the receiver rejects the batch. */
static void add_string_always(struct lt_buffer *b, unsigned field, struct lt_slice text)
{
	char *start = lt_buffer_reserve(b, PLAIN_MAX_BYTES + VARINT_MAX_BYTES);
	if (start && text.len <= PLAIN_MAX_BYTES) { /* its length takes a byte */
		char *to = put_tag(start, field, BYTES);
		*to++ = (char)text.len;
		if (put_ascii(to, text.ptr, text.len)) {
			b->len += (size_t)(to + text.len - start);
			return;
		}
	}
	size_t message = begin_message(b, field, SHORT);
	lt_buffer_add_utf8(b, text);
	end_message(b, message, SHORT);
}

static void add_string(struct lt_buffer *b, unsigned field, struct lt_slice text)
{
	if (text.len)
		add_string_always(b, field, text);
}

/* --- common.proto, resource.proto --------------------------------------------------------- */

enum any_value {
	ANY_STRING = 1,
	ANY_BOOL = 2,
	ANY_INT = 3,
	ANY_DOUBLE = 4,
	ANY_ARRAY = 5,
	ANY_KVLIST = 6,
	ANY_BYTES = 7,
};

/* For a scalar; nothing for the empty value. */
static char *put_any_scalar(char *to, const struct lt_attr *attr)
{
	uint64_t bits;
	switch (attr->type) {
	case LT_TYPE_BOOL:
		return put_varint(put_tag(to, ANY_BOOL, VARINT), attr->value.boolean);
	case LT_TYPE_INT:
		return put_varint(put_tag(to, ANY_INT, VARINT), (uint64_t)attr->value.integer);
	case LT_TYPE_DOUBLE:
		memcpy(&bits, &attr->value.number, sizeof(bits));
		return put_fixed64(to, ANY_DOUBLE, bits);
	default:
		return to;
	}
}

static void add_any(struct lt_buffer *b, const struct lt_attr *attr);
static void add_attrs(struct lt_buffer *b, unsigned field, const struct lt_attributes *attrs);

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

static void add_any_map(struct lt_buffer *b, const struct lt_attr *attr)
{
	size_t map = begin_message(b, ANY_KVLIST, SHORT);
	add_attrs(b, 1, &(struct lt_attributes){.items = attr->value.attrs, .n = attr->n_items});
	end_message(b, map, SHORT);
}

static void add_any_bytes(struct lt_buffer *b, struct lt_slice bytes)
{
	size_t start = begin_message(b, ANY_BYTES, SHORT);
	lt_buffer_add(b, bytes.ptr, bytes.len);
	end_message(b, start, SHORT);
}

static void add_any(struct lt_buffer *b, const struct lt_attr *attr)
{
	if (attr->type == LT_TYPE_STRING) {
		add_string_always(b, ANY_STRING, attr->value.string);
	} else if (attr->type == LT_TYPE_BYTES) {
		add_any_bytes(b, attr->value.bytes);
	} else if (attr->type == LT_TYPE_MAP) {
		add_any_map(b, attr);
	} else if (attr->type >= LT_TYPE_STRING_ARRAY) {
		add_any_array(b, attr);
	} else {
		char *to = lt_buffer_reserve(b, SCALAR_MAX_BYTES);
		if (to)
			b->len += (size_t)(put_any_scalar(to, attr) - to);
	}
}

/* Fast path for most attributes: short ASCII strings and numbers.  Their lengths are known in
 * advance, so everything is written in one pass; false, with nothing written, for the others. */
static bool add_plain_attr(struct lt_buffer *b, unsigned field, const struct lt_attr *attr)
{
	bool is_string = attr->type == LT_TYPE_STRING;
	size_t n_key = attr->key.len, n_string = is_string ? attr->value.string.len : 0;
	if (n_key > PLAIN_MAX_BYTES || n_string > PLAIN_MAX_BYTES - n_key ||
		attr->type >= LT_TYPE_STRING_ARRAY)
		return false;
	char *start = lt_buffer_reserve(b, PLAIN_MAX_BYTES + 32);
	if (!start)
		return true; /* nothing fits any more */
	char *pair = put_tag(start, field, BYTES) + 1;
	char *to = put_tag(pair, 1, BYTES);
	*to++ = (char)n_key;
	if (!put_ascii(to, attr->key.ptr, n_key))
		return false;
	char *any = put_tag(to + n_key, 2, BYTES) + 1;
	if (is_string) {
		to = put_tag(any, ANY_STRING, BYTES);
		*to++ = (char)n_string;
		if (!put_ascii(to, attr->value.string.ptr, n_string))
			return false;
		to += n_string;
	} else {
		to = put_any_scalar(any, attr);
	}
	any[-1] = (char)(to - any);
	pair[-1] = (char)(to - pair);
	b->len += (size_t)(to - start);
	return true;
}

static void add_attrs(struct lt_buffer *b, unsigned field, const struct lt_attributes *attrs)
{
	for (uint32_t i = 0; i < attrs->n; i++) {
		if (add_plain_attr(b, field, &attrs->items[i]))
			continue;
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
	char *to = lt_buffer_reserve(b, HEAD_MAX_BYTES);
	if (to)
		b->len += (size_t)(put_fixed64(to, 1, event->time_ns) - to);
	add_string(b, 2, event->name);
	add_attrs(b, 3, &event->attrs);
	add_uint(b, 4, event->attrs.n_dropped);
	end_message(b, start, SHORT);
}

static char *put_ids(char *to, const struct lt_span_context_view *context)
{
	to = put_bytes(to, 1, context->trace_id, sizeof(context->trace_id));
	return put_bytes(to, 2, context->span_id, sizeof(context->span_id));
}

static void add_link(struct lt_buffer *b, const struct lt_span_link *link)
{
	const struct lt_span_context_view *context = &link->context;
	size_t start = begin_message(b, 13, SHORT);
	char *to = lt_buffer_reserve(b, HEAD_MAX_BYTES);
	if (to) {
		char *end = put_ids(to, context);
		end = put_fixed32(end, 6, lt_otlp_flags(context, context->remote));
		b->len += (size_t)(end - to);
	}
	add_string(b, 3, context->tracestate);
	add_attrs(b, 4, &link->attrs);
	add_uint(b, 5, link->attrs.n_dropped);
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

/* All fields of one length; a message's fields may come in any order. */
static char *put_head(char *to, const struct lt_span_data *span)
{
	static const uint8_t no_parent[sizeof(span->parent_span_id)];
	to = put_ids(to, &span->context);
	if (memcmp(span->parent_span_id, no_parent, sizeof(no_parent)) != 0)
		to = put_bytes(to, 4, span->parent_span_id, sizeof(span->parent_span_id));
	to = put_tag(to, 6, VARINT);
	*to++ = (char)(span->kind + 1); /* SPAN_KIND_INTERNAL is 1 there */
	to = put_fixed64(to, 7, span->start_ns);
	to = put_fixed64(to, 8, span->end_ns);
	return put_fixed32(to, 16, lt_otlp_flags(&span->context, span->parent_remote));
}

static void add_span(struct lt_buffer *b, const struct lt_span_data *span)
{
	size_t start = begin_message(b, 2, LONG);
	char *to = lt_buffer_reserve(b, HEAD_MAX_BYTES);
	if (to)
		b->len += (size_t)(put_head(to, span) - to);
	add_string(b, 3, span->context.tracestate);
	add_string(b, 5, span->name);
	add_attrs(b, 9, &span->attrs);
	add_uint(b, 10, span->attrs.n_dropped);
	for (uint32_t i = 0; i < span->n_events; i++)
		add_event(b, &span->events[i]);
	add_uint(b, 12, span->n_dropped_events);
	for (uint32_t i = 0; i < span->n_links; i++)
		add_link(b, &span->links[i]);
	add_uint(b, 14, span->n_dropped_links);
	add_status(b, span);
	end_message(b, start, LONG);
}

/* Spans are in another core's cache: the next one is prefetched while this one is written. */
static void prefetch(const struct lt_span_data *span)
{
	enum { LINE_BYTES = 64, N_LINES = 16 }; /* with the attributes behind it */
	for (int i = 0; i < N_LINES; i++)
		__builtin_prefetch((const char *)span + (ptrdiff_t)i * LINE_BYTES);
}

/* The next span of the scope, from the i-th on; n when there is none. */
static size_t find_scope(const struct lt_span_data *const *spans, size_t i, size_t n,
	const struct lt_instrumentation_scope *scope)
{
	while (i < n && spans[i]->scope != scope)
		i++;
	return i;
}

static void add_scope_spans(
	struct lt_buffer *b, const struct lt_span_data *const *spans, size_t first, size_t n)
{
	const struct lt_instrumentation_scope *scope = spans[first]->scope;
	size_t start = begin_message(b, 2, HUGE);
	add_scope(b, scope);
	for (size_t i = first, next; i < n; i = next) {
		next = find_scope(spans, i + 1, n, scope);
		if (next < n)
			prefetch(spans[next]);
		add_span(b, spans[i]);
	}
	add_string(b, 3, scope->schema_url);
	end_message(b, start, HUGE);
}

static void add_resource_spans(
	struct lt_buffer *b, const struct lt_span_data *const *spans, size_t n)
{
	size_t start = begin_message(b, 1, HUGE);
	add_resource(b, spans[0]->resource);
	for (size_t i = 0; i < n; i++) {
		if (lt_otlp_starts_scope(spans, i))
			add_scope_spans(b, spans, i, n);
	}
	add_string(b, 3, lt_resource_schema_url(spans[0]->resource));
	end_message(b, start, HUGE);
}

void lt_otlp_protobuf_encode(struct lt_buffer *b, const struct lt_span_data *const *spans, size_t n)
{
	for (size_t i = 0, n_run; i < n; i += n_run) {
		n_run = lt_otlp_run(spans + i, n - i);
		add_resource_spans(b, spans + i, n_run);
	}
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

bool lt_otlp_protobuf_decode_status(struct lt_slice response, struct lt_slice *ret_message)
{
	enum { MESSAGE = 2 };
	struct lt_slice message = {"", 0}, bytes = {"", 0};
	uint64_t field, number;
	while (response.len) {
		if (!take_field(&response, &field, &number, &bytes))
			return false;
		if (field == MESSAGE)
			message = bytes;
	}
	*ret_message = message;
	return message.len > 0;
}
