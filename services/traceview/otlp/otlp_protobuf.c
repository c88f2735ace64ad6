/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf.c - reads an ExportTraceServiceRequest in protobuf. */
#include "otlp/otlp_decoder.h"

#include <errno.h>

/* ResourceSpans and ScopeSpans have the same shape: field 1 is the owner (a resource or scope),
 * field 2, repeated, its members, field 3 the schema URL. Members may precede their owner, so
 * fields 1 and 3 are read first. */
enum { GROUP_OWNER = 1, GROUP_MEMBER = 2, GROUP_SCHEMA_URL = 3 };

static bool read_group_owner(
	struct lt_slice group, struct lt_slice *ret_owner, struct lt_slice *ret_schema_url)
{
	*ret_owner = *ret_schema_url = (struct lt_slice){"", 0};
	struct pb_reader reader = pb_reader(group);
	struct pb_field field;
	while (pb_next(&reader, &field)) {
		if (field.number == GROUP_OWNER)
			read_string(&reader, &field, ret_owner);
		else if (field.number == GROUP_SCHEMA_URL)
			read_string(&reader, &field, ret_schema_url);
		else if (field.number == GROUP_MEMBER)
			pb_expect(&reader, &field, PB_BYTES);
	}
	return !reader.failed;
}

/* Whether an error rejects only the spans of the part in which it occurred. */
static bool is_attribute_error(int err)
{
	return err == OTLP_BAD_ATTRIBUTE || err == OTLP_DEEP_ATTRIBUTE;
}

static int read_span(struct lt_slice message, struct arena *arena, struct otlp_sink *sink)
{
	struct span span;
	arena_reset(arena);
	int err = otlp_decode_span(message, arena, &span);
	if (is_attribute_error(err)) {
		sink->reject(sink, 1, otlp_attribute_error(err));
		return 0;
	}
	return err ? err : sink->span(sink, message, &span);
}

/* owner_error: the attribute error of the enclosing resource, or 0. */
static int read_scope_spans(
	struct lt_slice scope_spans, int owner_error, struct arena *arena, struct otlp_sink *sink)
{
	struct lt_slice owner, schema_url;
	if (!read_group_owner(scope_spans, &owner, &schema_url))
		return -EBADMSG;
	struct scope scope;
	arena_reset(arena);
	int err = otlp_decode_scope(owner, arena, &scope);
	if (is_attribute_error(err) && !owner_error)
		owner_error = err;
	if (owner_error)
		err = 0;
	else if (!err)
		err = sink->scope(sink, owner, schema_url);
	struct pb_reader reader = pb_reader(scope_spans);
	struct pb_field field;
	while (!err && pb_next(&reader, &field)) {
		if (field.number == GROUP_MEMBER && owner_error)
			sink->reject(sink, 1, otlp_attribute_error(owner_error));
		else if (field.number == GROUP_MEMBER)
			err = read_span(field.bytes, arena, sink);
	}
	return err;
}

static int read_resource_spans(
	struct lt_slice resource_spans, struct arena *arena, struct otlp_sink *sink)
{
	struct lt_slice owner, schema_url;
	if (!read_group_owner(resource_spans, &owner, &schema_url))
		return -EBADMSG;
	struct resource resource;
	arena_reset(arena);
	int err = otlp_decode_resource(owner, arena, &resource), owner_error = 0;
	if (is_attribute_error(err)) {
		owner_error = err;
		err = 0;
	} else if (!err) {
		err = sink->resource(sink, owner, schema_url);
	}
	struct pb_reader reader = pb_reader(resource_spans);
	struct pb_field field;
	while (!err && pb_next(&reader, &field)) {
		if (field.number == GROUP_MEMBER)
			err = read_scope_spans(field.bytes, owner_error, arena, sink);
	}
	return err;
}

int otlp_read_protobuf(struct lt_slice request, struct otlp_sink *sink)
{
	struct arena arena;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	struct pb_reader reader = pb_reader(request);
	struct pb_field field;
	int err = 0;
	while (!err && pb_next(&reader, &field)) {
		if (field.number == 1 && pb_expect(&reader, &field, PB_BYTES)) /* resource_spans */
			err = read_resource_spans(field.bytes, &arena, sink);
	}
	arena_done(&arena);
	return err ? err : reader.failed ? -EBADMSG : 0;
}
