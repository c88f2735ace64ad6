/* SPDX-License-Identifier: Apache-2.0 */
/* span_context.c - questions to a span context that need no span. */
#include "hex.h"

#include <libtrace/trace.h>

static bool any_set(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return true;
	return false;
}

bool lt_span_context_is_valid(const struct lt_span_context *context)
{
	return any_set(context->trace_id, sizeof context->trace_id) &&
	       any_set(context->span_id, sizeof context->span_id);
}

struct lt_ids lt_span_context_ids(const struct lt_span_context *context)
{
	struct lt_ids ids = {.trace_id = ""};
	if (lt_span_context_is_valid(context)) {
		lt_hex_print(ids.trace_id, context->trace_id, sizeof context->trace_id);
		lt_hex_print(ids.span_id, context->span_id, sizeof context->span_id);
		lt_hex_print(ids.trace_flags, &context->flags, 1);
	}
	return ids;
}
