/* SPDX-License-Identifier: Apache-2.0 */
/* tracecontext.c - W3C Trace Context, Level 2: traceparent and tracestate.
 *
 * Source: https://www.w3.org/TR/trace-context-2/
 */
#include "propagation/propagator.h"
#include "propagation/tracestate.h"
#include "util/id_hex.h"
#include "util/ids.h"
#include "util/slice.h"

#include <errno.h>

#define FLAGS_KNOWN (LT_FLAG_SAMPLED | LT_FLAG_RANDOM)

char *lt_traceparent_print(const struct lt_span_context *context, char text[LT_TRACEPARENT_LEN + 1])
{
	if (!context) {
		text[0] = '\0';
		return text;
	}
	memcpy(text, "00-", 3);
	lt_hex_print_ids(text + 3, text + 36, context->trace_id, context->span_id);
	text[35] = text[52] = '-';
	text[53] = '0';
	text[54] = (char)('0' + (context->flags & FLAGS_KNOWN)); /* at most 3: one digit */
	text[LT_TRACEPARENT_LEN] = '\0';
	return text;
}

/* version "-" trace-id "-" parent-id "-" flags; a higher version may continue after another "-" */
int lt_traceparent_parse(struct lt_slice text, struct lt_span_context *ret_context)
{
	const char *p = text.ptr;
	uint8_t version, flags, trace_id[16], span_id[8];

	if (text.len < LT_TRACEPARENT_LEN || p[2] != '-' || p[35] != '-' || p[52] != '-')
		return -EBADMSG;
	if (!lt_hex_parse(p, &version, 1) || version == 0xff ||
		!lt_hex_parse(p + 3, trace_id, sizeof(trace_id)) ||
		!lt_hex_parse(p + 36, span_id, sizeof(span_id)) || !lt_hex_parse(p + 53, &flags, 1))
		return -EBADMSG;
	if (text.len > LT_TRACEPARENT_LEN && (version == 0 || p[LT_TRACEPARENT_LEN] != '-'))
		return -EBADMSG;
	if (!lt_ids_are_valid(trace_id, span_id))
		return -EBADMSG;
	memcpy(ret_context->trace_id, trace_id, sizeof(trace_id));
	memcpy(ret_context->span_id, span_id, sizeof(span_id));
	ret_context->flags = flags & FLAGS_KNOWN;
	ret_context->remote = true;
	ret_context->tracestate[0] = '\0';
	return 0;
}

static void extract_tracestate(
	const struct lt_carrier_impl *impl, void *carrier, char list[LT_TRACESTATE_MAX + 1])
{
	struct lt_slice value;
	unsigned n_members = 0;
	for (size_t i = 0; impl->get(carrier, "tracestate", i, &value); i++) {
		if (lt_tracestate_append(value, list, &n_members) != 0) {
			list[0] = '\0'; /* dropped alone */
			return;
		}
	}
}

int lt_tracecontext_extract(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context)
{
	struct lt_slice value, second;
	if (!impl->get(carrier, "traceparent", 0, &value))
		return -ENOENT;
	if (impl->get(carrier, "traceparent", 1, &second))
		return -EBADMSG;
	int err = lt_traceparent_parse(lt_slice_trim_ows(value), ret_context);
	if (err)
		return err;
	extract_tracestate(impl, carrier, ret_context->tracestate);
	return 0;
}

int lt_tracecontext_inject(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_span_context *context)
{
	char traceparent[LT_TRACEPARENT_LEN + 1];
	int err = impl->set(carrier, "traceparent", lt_traceparent_print(context, traceparent));
	if (err || context->tracestate[0] == '\0')
		return err;
	char list[LT_TRACESTATE_MAX + 1];
	if (lt_tracestate_clean(lt_tracestate_of(context), list) == 0)
		return 0;
	return impl->set(carrier, "tracestate", list);
}

/* --- as a propagator ---------------------------------------------------------------------- */

static int extract(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	struct lt_span_context *ret_context, struct lt_baggage **ret_baggage)
{
	return lt_tracecontext_extract(impl, carrier, ret_context);
}

static int inject(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	return lt_ids_are_valid(context->trace_id, context->span_id)
		       ? lt_tracecontext_inject(impl, carrier, context)
		       : 0;
}

struct lt_propagator *lt_propagator_tracecontext(void)
{
	static const char *const fields[] = {"traceparent", "tracestate", NULL};
	static const struct lt_propagator_impl impl = {
		.extract = extract, .inject = inject, .fields = fields};
	static struct lt_propagator propagator = {&impl};
	return &propagator;
}
