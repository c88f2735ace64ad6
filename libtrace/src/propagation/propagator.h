/* SPDX-License-Identifier: Apache-2.0 */
/* propagator.h - the formats that lt_extract() and lt_inject() select from. */
#ifndef LT_PROPAGATOR_H
#define LT_PROPAGATOR_H

#include <libtrace/propagation.h>

/** As lt_extract and lt_inject, in the W3C Trace Context format. */
int lt_tracecontext_extract(
	const struct lt_carrier_impl *impl, void *carrier, struct lt_span_context *ret_context);
int lt_tracecontext_inject(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_span_context *context);

/**
 * The propagator of a name; NULL: there is none.
 * @param is_word  compares, exactly or in any letter case
 */
static inline struct lt_propagator *lt_propagator_named(
	struct lt_slice name, bool (*is_word)(struct lt_slice text, const char *word))
{
	static const struct {
		const char *name;
		struct lt_propagator *(*get)(void);
	} known[] = {
		{"tracecontext", lt_propagator_tracecontext},
		{"baggage", lt_propagator_baggage},
		{"b3", lt_propagator_b3},
		{"b3multi", lt_propagator_b3multi},
		{"jaeger", lt_propagator_jaeger},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (is_word(name, known[i].name))
			return known[i].get();
	}
	return NULL;
}

/** Takes a propagator (NULL: none) in place of OTEL_PROPAGATORS's, unless the program has set one:
 * for the first provider of a configuration file. */
void lt_propagator_set_default(struct lt_propagator *propagator);

#endif
