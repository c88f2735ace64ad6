/* SPDX-License-Identifier: Apache-2.0 */
/* propagation.h - carries a span context from one process to the next.
 *
 * A carrier is anything with named text values: HTTP headers, a message's properties, the
 * environment. Two functions read and write one.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/context/api-propagators/
 */
#ifndef LIBTRACE_PROPAGATION_H
#define LIBTRACE_PROPAGATION_H

#include <libtrace/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lt_carrier_impl {
	/* Stores the index-th value of key (any letter case), borrowed; false past the last. */
	bool (*get)(void *carrier, const char *key, size_t index, struct lt_slice *ret_value);
	/* Replaces the value of key; copies value; 0, or -Exxx, which ends the injection. */
	int (*set)(void *carrier, const char *key, const char *value);
};

/**
 * Reads the caller's span context from a carrier, with the propagators of OTEL_PROPAGATORS.
 *
 * A malformed tracestate is dropped alone; a malformed traceparent drops both. Unknown flag bits
 * are cleared, a higher version is read as version 00. Blanks around a value are ignored; of
 * several tracestate members with one key the first is kept.
 *
 * @param impl, carrier  borrowed for the call
 * @param ret_context    filled on success, untouched otherwise
 * @return 0; -ENOENT without a traceparent; -EBADMSG for a malformed one, or several
 *
 * Threads: any; keeps no state.  Allocates nothing.
 * Source: https://www.w3.org/TR/trace-context-2/#traceparent-header-field-values
 */
LT_API LT_CHECKED int lt_extract(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context);

/**
 * Writes a span context into a carrier, with the propagators of OTEL_PROPAGATORS: traceparent, and
 * tracestate when there is one. A malformed tracestate, set by hand, is omitted.
 *
 * @param context  borrowed; NULL: the current span's; an invalid one writes nothing
 * @return 0, or what the carrier's set() returned
 */
LT_API int lt_inject(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_span_context *context);

#define LT_TRACEPARENT_LEN 55 /* bytes of a version 00 traceparent, without the NUL */

/** Prints a valid context as a version 00 traceparent, NULL as ""; returns text. */
LT_API char *lt_traceparent_print(
	const struct lt_span_context *context, char text[LT_TRACEPARENT_LEN + 1]);

/**
 * Parses one traceparent value; blanks around it are not allowed.
 * @param ret_context  filled on success, without a tracestate; untouched otherwise
 * @return 0, or -EBADMSG
 */
LT_API LT_CHECKED int lt_traceparent_parse(
	struct lt_slice text, struct lt_span_context *ret_context);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
