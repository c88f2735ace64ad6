/* SPDX-License-Identifier: Apache-2.0 */
/* b3.c - Zipkin's headers: b3, or x-b3-traceid and its sisters.  Both are read by both.
 *
 * Without a sampling state the decision is left to the reader; it counts as not sampled here.  The
 * parent's id, which comes last, is of no use.
 *
 * Source: https://github.com/openzipkin/b3-propagation,
 *         https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements
 */
#include "propagation/propagator.h"
#include "util/id_hex.h"
#include "util/ids.h"
#include "util/slice.h"

#include <errno.h>

#define SINGLE_BYTES (32 + 1 + 16 + 1 + 1) /* without the parent's id */

/* The states of both forms: "d" is the single header's way of saying x-b3-flags: 1. */
static bool parse_state(struct lt_slice state, uint8_t *ret_flags)
{
	if (lt_slice_equal(state, lt_slice("0")) || lt_slice_is_word(state, "false"))
		*ret_flags = 0;
	else if (lt_slice_equal(state, lt_slice("1")) || lt_slice_is_word(state, "true"))
		*ret_flags = LT_FLAG_SAMPLED;
	else if (lt_slice_equal(state, lt_slice("d")))
		*ret_flags = LT_FLAG_SAMPLED | LT_FLAG_DEBUG;
	else
		return false;
	return true;
}

static int fill(struct lt_slice trace_id, struct lt_slice span_id, uint8_t flags,
	struct lt_span_context *ret_context)
{
	uint8_t trace[16], span[8];
	if ((trace_id.len != 16 && trace_id.len != 32) || span_id.len != 16 ||
		!lt_hex_parse_padded(trace_id, trace, sizeof(trace)) ||
		!lt_hex_parse_padded(span_id, span, sizeof(span)) || !lt_ids_are_valid(trace, span))
		return -EBADMSG;
	memcpy(ret_context->trace_id, trace, sizeof(trace));
	memcpy(ret_context->span_id, span, sizeof(span));
	ret_context->flags = flags;
	ret_context->remote = true;
	ret_context->tracestate[0] = '\0';
	return 0;
}

static struct lt_slice next_field(struct lt_slice *text)
{
	const char *dash = text->len ? memchr(text->ptr, '-', text->len) : NULL;
	size_t len = dash ? (size_t)(dash - text->ptr) : text->len;
	struct lt_slice field = {text->ptr, len};
	*text = lt_slice_from(*text, dash ? len + 1 : len);
	return field;
}

/* traceid-spanid[-state[-parentspanid]], or a state alone, which is no context. */
static int extract_single(struct lt_slice text, struct lt_span_context *ret_context)
{
	uint8_t flags = 0;
	text = lt_slice_trim_ows(text);
	if (parse_state(text, &flags))
		return -ENOENT;
	struct lt_slice trace_id = next_field(&text), span_id = next_field(&text);
	if (text.len && !parse_state(next_field(&text), &flags))
		return -EBADMSG;
	return fill(trace_id, span_id, flags, ret_context);
}

static int extract_multi(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context)
{
	struct lt_slice trace_id, span_id, value;
	uint8_t flags = 0;
	if (!impl->get(carrier, "x-b3-traceid", 0, &trace_id))
		return -ENOENT;
	if (!impl->get(carrier, "x-b3-spanid", 0, &span_id))
		return -EBADMSG;
	if (impl->get(carrier, "x-b3-sampled", 0, &value) &&
		!parse_state(lt_slice_trim_ows(value), &flags))
		return -EBADMSG;
	if (impl->get(carrier, "x-b3-flags", 0, &value) &&
		lt_slice_equal(lt_slice_trim_ows(value), lt_slice("1")))
		flags = LT_FLAG_SAMPLED | LT_FLAG_DEBUG;
	return fill(lt_slice_trim_ows(trace_id), lt_slice_trim_ows(span_id), flags, ret_context);
}

static int extract(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	struct lt_span_context *ret_context, struct lt_baggage **ret_baggage)
{
	struct lt_slice value;
	if (impl->get(carrier, "b3", 0, &value) && extract_single(value, ret_context) == 0)
		return 0;
	return extract_multi(impl, carrier, ret_context);
}

static char state_of(const struct lt_span_context *context)
{
	if (context->flags & LT_FLAG_DEBUG)
		return 'd';
	return context->flags & LT_FLAG_SAMPLED ? '1' : '0';
}

static int inject_single(struct lt_propagator *self, const struct lt_carrier_impl *impl,
	void *carrier, const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	char text[SINGLE_BYTES + 1], *end = text;
	if (!lt_ids_are_valid(context->trace_id, context->span_id))
		return 0;
	end = lt_hex_print(end, context->trace_id, sizeof(context->trace_id));
	*end++ = '-';
	end = lt_hex_print(end, context->span_id, sizeof(context->span_id));
	*end++ = '-';
	*end++ = state_of(context);
	*end = '\0';
	return impl->set(carrier, "b3", text);
}

static int inject_multi(struct lt_propagator *self, const struct lt_carrier_impl *impl,
	void *carrier, const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	if (!lt_ids_are_valid(context->trace_id, context->span_id))
		return 0;
	struct lt_ids ids = lt_span_context_ids(context);
	bool is_debug = context->flags & LT_FLAG_DEBUG;
	int err = impl->set(carrier, "x-b3-traceid", ids.trace_id);
	if (!err)
		err = impl->set(carrier, "x-b3-spanid", ids.span_id);
	if (!err && is_debug) /* which implies that it is sampled */
		return impl->set(carrier, "x-b3-flags", "1");
	if (!err)
		err = impl->set(
			carrier, "x-b3-sampled", context->flags & LT_FLAG_SAMPLED ? "1" : "0");
	return err;
}

struct lt_propagator *lt_propagator_b3(void)
{
	static const char *const fields[] = {"b3", NULL};
	static const struct lt_propagator_impl impl = {
		.extract = extract, .inject = inject_single, .fields = fields};
	static struct lt_propagator propagator = {&impl};
	return &propagator;
}

struct lt_propagator *lt_propagator_b3multi(void)
{
	static const char *const fields[] = {
		"x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", NULL};
	static const struct lt_propagator_impl impl = {
		.extract = extract, .inject = inject_multi, .fields = fields};
	static struct lt_propagator propagator = {&impl};
	return &propagator;
}
