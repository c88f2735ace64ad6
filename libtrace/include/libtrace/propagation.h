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

#include <libtrace/baggage.h>

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
 * Reads the caller's span context out of a carrier, with the global propagator, mostly as
 * OTEL_PROPAGATORS says: tracecontext, baggage, b3, b3multi, jaeger or none.
 *
 * W3C Trace Context: a broken tracestate is dropped alone; a broken traceparent drops both.
 * Unknown flag bits are cleared, a higher version is read as version 00.  Blanks round a value are
 * no part of it; of several tracestate members with one key the first is kept.
 *
 * @param impl, carrier  borrowed for the call
 * @param ret_context    filled on success, untouched otherwise
 * @return 0; -ENOENT where there is none; -EBADMSG for a malformed one, or several
 *
 * Threads: any; keeps no state.  Allocates nothing.
 * Source: https://www.w3.org/TR/trace-context-2/#traceparent-header-field-values
 */
LT_API LT_CHECKED int lt_extract(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context);

/** The same with the baggage, in any case: new; NULL: there is none.  Malformed members are left
 * out. */
LT_API LT_CHECKED int lt_extract_with_baggage(const struct lt_carrier_impl *impl, void *carrier,
	struct lt_span_context *ret_context, struct lt_baggage **ret_baggage);

/**
 * Writes a span context and the current baggage into a carrier, with the global propagator: by
 * default traceparent, tracestate when there is one, baggage when there is some.  A malformed
 * tracestate, set by hand, is left out.
 *
 * @param context  borrowed; NULL: the current span's; an invalid one is not written
 * @return 0, or what the carrier's set() returned
 */
LT_API int lt_inject(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_span_context *context);

/** The same with another baggage than the current one; NULL: none. */
LT_API int lt_inject_with_baggage(const struct lt_carrier_impl *impl, void *carrier,
	const struct lt_span_context *context, const struct lt_baggage *baggage);

/* --- propagators -------------------------------------------------------------------------- */

/* A propagator of your own has this as its first member. */
struct lt_propagator {
	const struct lt_propagator_impl *impl;
};

struct lt_propagator_impl { /* called by any thread, at the same time */
	/* Fills what it finds, and leaves the rest untouched.  ret_baggage may be NULL: nobody
	 * wants it; else what is there is taken out and released before another is put in.
	 * 0 with a span context; -ENOENT without; -EBADMSG for a malformed one. */
	int (*extract)(struct lt_propagator *self, const struct lt_carrier_impl *impl,
		void *carrier, struct lt_span_context *ret_context,
		struct lt_baggage **ret_baggage);
	/* context may be invalid, baggage NULL: there is none to write.  0 or set()'s error. */
	int (*inject)(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
		const struct lt_span_context *context, const struct lt_baggage *baggage);
	const char *const *fields; /* that inject writes, lower case; NULL at the end */
	void (*free)(struct lt_propagator *self); /* NULL: nothing to free */
};

/* Static; freeing them does nothing. */
LT_API struct lt_propagator *lt_propagator_tracecontext(void);
LT_API struct lt_propagator *lt_propagator_baggage(void);
LT_API struct lt_propagator *lt_propagator_b3(void);	  /* writes one header, reads both forms */
LT_API struct lt_propagator *lt_propagator_b3multi(void); /* writes several, reads both forms */
LT_API struct lt_propagator *lt_propagator_jaeger(void);  /* uber-trace-id, without its baggage */

/**
 * Several in one, in that order: of several that find a span context the last one's is taken.
 * @param propagators  takes each; the array is copied
 * @return 0, -E2BIG for more than 8 or for fields of more than 32, or -ENOMEM
 */
LT_API LT_CHECKED int lt_propagator_composite_new(
	struct lt_propagator *const *propagators, size_t n, struct lt_propagator **ret_propagator);

/** The one that lt_extract() and lt_inject() use; borrowed. */
LT_API struct lt_propagator *lt_propagator_global(void);

/** Replaces it (takes; NULL: what OTEL_PROPAGATORS names) and frees the one before, which no thread
 * may be using: early in main(). */
LT_API void lt_propagator_set_global(struct lt_propagator *propagator);

/* --- the environment as a carrier --------------------------------------------------------- */

/* Variables of a process to be started; keys are in upper case there, other characters `_`.
 * Source: https://opentelemetry.io/docs/specs/otel/context/env-carriers/ */
struct lt_environment;

/** @param vars  copied, "NAME=value" each, NULL at the end; NULL: this process's
 *  @param ret_environment  new  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_environment_new(
	char *const *vars, struct lt_environment **ret_environment);
LT_API void lt_environment_free(struct lt_environment *environment);

/** The variables for execve() or posix_spawn(); borrowed until the next change. */
LT_API char **lt_environment_vars(struct lt_environment *environment);

/** The carrier is a struct lt_environment, or NULL: this process's own variables, to be read only,
 * at its start.  In a set-uid program these are not there. */
LT_API const struct lt_carrier_impl *lt_environment_carrier(void);

/* --- traceparent by itself ---------------------------------------------------------------- */

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
