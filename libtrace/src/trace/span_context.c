/* SPDX-License-Identifier: Apache-2.0 */
/* span_context.c - functions of a span context that need no span. */
#include "util/id_hex.h"
#include "util/ids.h"

#include <libtrace/sdk.h>

bool lt_span_context_is_valid(const struct lt_span_context *context)
{
	return context && lt_ids_are_valid(context->trace_id, context->span_id);
}

static struct lt_ids print_ids(const uint8_t trace_id[16], const uint8_t span_id[8], uint8_t flags)
{
	struct lt_ids ids = {.trace_id = ""};
	if (lt_ids_are_valid(trace_id, span_id)) {
		lt_hex_print(ids.trace_id, trace_id, 16);
		lt_hex_print(ids.span_id, span_id, 8);
		flags &= (uint8_t)~LT_FLAG_DEBUG;
		lt_hex_print(ids.trace_flags, &flags, 1);
	}
	return ids;
}

struct lt_ids lt_span_context_ids(const struct lt_span_context *context)
{
	static const struct lt_span_context none;
	if (!context)
		context = &none;
	return print_ids(context->trace_id, context->span_id, context->flags);
}

struct lt_ids lt_span_context_view_ids(const struct lt_span_context_view *view)
{
	static const struct lt_span_context_view none;
	if (!view)
		view = &none;
	return print_ids(view->trace_id, view->span_id, view->flags);
}
