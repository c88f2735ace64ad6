/* SPDX-License-Identifier: Apache-2.0 */
/* reference.c - a span's parent and links as Jaeger's references. */
#include "query/reference.h"

enum reference_type reference_type_of(const struct link *link)
{
	const struct value *type = attr_find(&link->attrs, "opentracing.ref_type");
	bool is_child = type && type->type == VALUE_STRING &&
			slice_equal(type->string, lt_slice("child_of"));
	return is_child ? REFERENCE_CHILD_OF : REFERENCE_FOLLOWS_FROM;
}

static bool is_within_trace(const struct span *span, const struct link *link)
{
	return memcmp(link->trace_id, span->trace_id, 16) == 0;
}

bool reference_is_parent(const struct span *span, const struct link *link)
{
	return !id_is_zero(span->parent_id, 8) && is_within_trace(span, link) &&
	       memcmp(link->span_id, span->parent_id, 8) == 0;
}

enum reference_type reference_parent_type(const struct span *span)
{
	enum reference_type type = REFERENCE_CHILD_OF;
	for (size_t i = 0; i < span->n_links; i++) {
		if (reference_is_parent(span, &span->links[i]))
			type = reference_type_of(&span->links[i]);
	}
	return type;
}

void reference_parent(const struct span *span, uint8_t ret_id[8])
{
	const uint8_t *found = id_is_zero(span->parent_id, 8) ? NULL : span->parent_id;
	bool is_child = found && reference_parent_type(span) == REFERENCE_CHILD_OF;
	for (size_t i = 0; i < span->n_links && !is_child; i++) {
		const struct link *link = &span->links[i];
		if (!is_within_trace(span, link) || reference_is_parent(span, link))
			continue;
		is_child = reference_type_of(link) == REFERENCE_CHILD_OF;
		if (is_child || !found)
			found = link->span_id;
	}
	memset(ret_id, 0, 8);
	if (found)
		memcpy(ret_id, found, 8);
}
