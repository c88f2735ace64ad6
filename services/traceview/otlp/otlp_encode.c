/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_encode.c - encodes spans in protobuf, the store's format, when they arrived as JSON. */
#include "otlp/otlp.h"
#include "otlp/protobuf.h"

static void put_value(struct buffer *out, uint32_t number, const struct value *value);

static void put_string(struct buffer *out, uint32_t number, struct lt_slice value)
{
	if (value.len)
		pb_put_bytes(out, number, value);
}

static void put_uint(struct buffer *out, uint32_t number, uint64_t value)
{
	if (value)
		pb_put_uint(out, number, value);
}

static void put_id(struct buffer *out, uint32_t number, const uint8_t *id, size_t n)
{
	if (!id_is_zero(id, n))
		pb_put_bytes(out, number, (struct lt_slice){(const char *)id, n});
}

static void put_attrs(struct buffer *out, uint32_t number, const struct attr_list *attrs)
{
	for (size_t i = 0; i < attrs->n; i++) {
		size_t mark = pb_begin(out, number);
		put_string(out, 1, attrs->items[i].key);
		if (attrs->items[i].value.type != VALUE_NONE)
			put_value(out, 2, &attrs->items[i].value);
		pb_end(out, mark);
	}
}

/* The member of a oneof is written even when it holds its default. */
static void put_value(struct buffer *out, uint32_t number, const struct value *value)
{
	size_t mark = pb_begin(out, number), inner;
	uint64_t bits;
	switch (value->type) {
	case VALUE_NONE:
		break;
	case VALUE_STRING:
		pb_put_bytes(out, 1, value->string);
		break;
	case VALUE_BOOL:
		pb_put_uint(out, 2, value->boolean);
		break;
	case VALUE_INT:
		pb_put_uint(out, 3, (uint64_t)value->integer);
		break;
	case VALUE_DOUBLE:
		memcpy(&bits, &value->number, sizeof(bits));
		pb_put_fixed64(out, 4, bits);
		break;
	case VALUE_ARRAY:
		inner = pb_begin(out, 5);
		for (size_t i = 0; i < value->array.n; i++)
			put_value(out, 1, &value->array.items[i]);
		pb_end(out, inner);
		break;
	case VALUE_KVLIST:
		inner = pb_begin(out, 6);
		put_attrs(out, 1, &value->kvlist);
		pb_end(out, inner);
		break;
	case VALUE_BYTES:
		pb_put_bytes(out, 7, value->string);
		break;
	}
	pb_end(out, mark);
}

static void put_event(struct buffer *out, const struct event *event)
{
	size_t mark = pb_begin(out, 11);
	pb_put_fixed64(out, 1, event->time_ns);
	put_string(out, 2, event->name);
	put_attrs(out, 3, &event->attrs);
	put_uint(out, 4, event->n_dropped_attrs);
	pb_end(out, mark);
}

static void put_link(struct buffer *out, const struct link *link)
{
	size_t mark = pb_begin(out, 13);
	put_id(out, 1, link->trace_id, sizeof(link->trace_id));
	put_id(out, 2, link->span_id, sizeof(link->span_id));
	put_string(out, 3, link->trace_state);
	put_attrs(out, 4, &link->attrs);
	put_uint(out, 5, link->n_dropped_attrs);
	if (link->flags)
		pb_put_fixed32(out, 6, link->flags);
	pb_end(out, mark);
}

void otlp_encode_span(struct buffer *out, const struct span *span)
{
	put_id(out, 1, span->trace_id, sizeof(span->trace_id));
	put_id(out, 2, span->span_id, sizeof(span->span_id));
	put_string(out, 3, span->trace_state);
	put_id(out, 4, span->parent_id, sizeof(span->parent_id));
	put_string(out, 5, span->name);
	put_uint(out, 6, span->kind);
	pb_put_fixed64(out, 7, span->start_ns);
	pb_put_fixed64(out, 8, span->end_ns);
	put_attrs(out, 9, &span->attrs);
	put_uint(out, 10, span->n_dropped_attrs);
	for (size_t i = 0; i < span->n_events; i++)
		put_event(out, &span->events[i]);
	put_uint(out, 12, span->n_dropped_events);
	for (size_t i = 0; i < span->n_links; i++)
		put_link(out, &span->links[i]);
	put_uint(out, 14, span->n_dropped_links);
	if (span->status || span->status_message.len) {
		size_t mark = pb_begin(out, 15);
		put_string(out, 2, span->status_message);
		put_uint(out, 3, span->status);
		pb_end(out, mark);
	}
	if (span->flags)
		pb_put_fixed32(out, 16, span->flags);
}

void otlp_encode_resource(struct buffer *out, const struct resource *resource)
{
	put_attrs(out, 1, &resource->attrs);
	put_uint(out, 2, resource->n_dropped_attrs);
}

void otlp_encode_scope(struct buffer *out, const struct scope *scope)
{
	put_string(out, 1, scope->name);
	put_string(out, 2, scope->version);
	put_attrs(out, 3, &scope->attrs);
	put_uint(out, 4, scope->n_dropped_attrs);
}
