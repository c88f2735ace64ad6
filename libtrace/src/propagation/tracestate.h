/* SPDX-License-Identifier: Apache-2.0 */
/* tracestate.h - the list of vendors' members that travels with a trace. */
#ifndef LT_TRACESTATE_H
#define LT_TRACESTATE_H

#include <libtrace/propagation.h>

/**
 * Validates a header's value and appends its members to a list.  Of several with the same key the
 * first is kept.
 *
 * @param list       NUL-terminated, LT_TRACESTATE_MAX + 1 bytes
 * @param n_members  taken so far; updated
 * @return 0; -EBADMSG, with list half-written, for a malformed member or more than 32
 * Source: https://www.w3.org/TR/trace-context-2/#tracestate-header-field-values
 */
int lt_tracestate_append(
	struct lt_slice value, char list[LT_TRACESTATE_MAX + 1], unsigned *n_members);

/** Validates an untrusted list and copies it in the form to be sent; "" if it is malformed.
 * @return its length */
size_t lt_tracestate_clean(struct lt_slice text, char list[LT_TRACESTATE_MAX + 1]);

/** The tracestate of an untrusted context; empty if it lacks its NUL. */
static inline struct lt_slice lt_tracestate_of(const struct lt_span_context *context)
{
	size_t len = strnlen(context->tracestate, sizeof(context->tracestate));
	return (struct lt_slice){context->tracestate, len <= LT_TRACESTATE_MAX ? len : 0};
}

#endif
