/* SPDX-License-Identifier: Apache-2.0 */
/* jaeger.c - the header of Jaeger's old clients, uber-trace-id: {trace}:{span}:{parent}:{flags}.
 *
 * Ids may lack leading zeros, and the colons may be percent-encoded.  Its baggage, a header
 * uberctx-KEY for each value, is not carried.
 *
 * Source: https://www.jaegertracing.io/sdk-migration/#propagation-format
 */
#include "propagation/propagator.h"
#include "util/id_hex.h"
#include "util/ids.h"
#include "util/slice.h"

#include <errno.h>

#define SAMPLED 1u
#define DEBUG 2u

/* Up to ':' or "%3A". */
static struct lt_slice next_field(struct lt_slice *text)
{
	size_t len = 0, separator = 0;
	for (; len < text->len && !separator; len++) {
		struct lt_slice rest = lt_slice_from(*text, len);
		if (rest.ptr[0] == ':')
			separator = 1;
		else if (rest.len >= 3 && lt_slice_is_word((struct lt_slice){rest.ptr, 3}, "%3a"))
			separator = 3;
	}
	len -= separator ? 1 : 0;
	struct lt_slice field = {text->ptr, len};
	*text = lt_slice_from(*text, len + separator);
	return field;
}

static int parse(struct lt_slice text, struct lt_span_context *ret_context)
{
	uint8_t trace_id[16], span_id[8], flags;
	struct lt_slice trace = next_field(&text), span = next_field(&text);
	next_field(&text); /* the parent's id, deprecated */
	if (!lt_hex_parse_padded(trace, trace_id, sizeof(trace_id)) ||
		!lt_hex_parse_padded(span, span_id, sizeof(span_id)) ||
		!lt_hex_parse_padded(text, &flags, 1) || !lt_ids_are_valid(trace_id, span_id))
		return -EBADMSG;
	memcpy(ret_context->trace_id, trace_id, sizeof(trace_id));
	memcpy(ret_context->span_id, span_id, sizeof(span_id));
	ret_context->flags = 0;
	if (flags & SAMPLED)
		ret_context->flags = LT_FLAG_SAMPLED | (flags & DEBUG ? LT_FLAG_DEBUG : 0);
	ret_context->remote = true;
	ret_context->tracestate[0] = '\0';
	return 0;
}

static int extract(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	struct lt_span_context *ret_context, struct lt_baggage **ret_baggage)
{
	struct lt_slice value;
	if (!impl->get(carrier, "uber-trace-id", 0, &value))
		return -ENOENT;
	return parse(lt_slice_trim_ows(value), ret_context);
}

static int inject(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	char text[32 + 1 + 16 + sizeof(":0:0")], *end = text;
	if (!lt_ids_are_valid(context->trace_id, context->span_id))
		return 0;
	unsigned flags = context->flags & LT_FLAG_SAMPLED ? SAMPLED : 0;
	if (context->flags & LT_FLAG_DEBUG)
		flags |= SAMPLED | DEBUG;
	end = lt_hex_print(end, context->trace_id, sizeof(context->trace_id));
	*end++ = ':';
	end = lt_hex_print(end, context->span_id, sizeof(context->span_id));
	memcpy(end, ":0:", 3);
	end[3] = (char)('0' + flags);
	end[4] = '\0';
	return impl->set(carrier, "uber-trace-id", text);
}

struct lt_propagator *lt_propagator_jaeger(void)
{
	static const char *const fields[] = {"uber-trace-id", NULL};
	static const struct lt_propagator_impl impl = {
		.extract = extract, .inject = inject, .fields = fields};
	static struct lt_propagator propagator = {&impl};
	return &propagator;
}
