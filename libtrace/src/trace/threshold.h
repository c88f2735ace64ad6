/* SPDX-License-Identifier: Apache-2.0 */
/* threshold.h - consistent probability sampling: a span is sampled where its trace's randomness is
 * at least the sampler's threshold, and the threshold travels in the tracestate.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 *         https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/
 */
#ifndef LT_THRESHOLD_H
#define LT_THRESHOLD_H

#include <libtrace/sdk.h>

#define LT_THRESHOLD_DIGITS 14		     /* hexadecimal ones, of 56 bits */
#define LT_THRESHOLD_END ((uint64_t)1 << 56) /* the first number that is no threshold */

/** The threshold of a ratio from 0 to 1; LT_THRESHOLD_NEVER where nothing is sampled. */
uint64_t lt_threshold_of_ratio(double ratio);

/** Prints a threshold without its trailing zeros, NUL-terminated; returns its end. */
char *lt_threshold_print(uint64_t threshold, char text[LT_THRESHOLD_DIGITS + 1]);

/** The parent's threshold; LT_THRESHOLD_NEVER where it has none that is well-formed. */
uint64_t lt_threshold_of_parent(const struct lt_span_context_view *parent);

/** The trace's 56 random bits: explicit ones in the parent's tracestate, else the trace id's. */
uint64_t lt_randomness(const struct lt_sampling_parameters *parameters);

/** Decides by a threshold and writes it into the result's tracestate, or removes the parent's where
 * the span is dropped or the threshold is not reliable. */
enum lt_decision lt_threshold_decide(const struct lt_sampling_parameters *parameters,
	uint64_t threshold, bool is_reliable, struct lt_sampling_result *result);

/** Writes a threshold into the result's tracestate; LT_THRESHOLD_NEVER: removes the parent's. */
void lt_threshold_write(const struct lt_sampling_parameters *parameters, uint64_t threshold,
	struct lt_sampling_result *result);

#endif
