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

/** Takes a propagator (NULL: none) in place of OTEL_PROPAGATORS's, unless the program has set one:
 * for the first provider of a configuration file. */
void lt_propagator_set_default(struct lt_propagator *propagator);

#endif
