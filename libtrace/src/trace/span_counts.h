/* SPDX-License-Identifier: Apache-2.0 */
/* span_counts.h - how many spans were started, by the sampler's decision, and how many live.
 *
 * They are counted by a sampler and a processor that stand before the provider's own: a provider that
 * does not count pays nothing.
 */
#ifndef LT_SPAN_COUNTS_H
#define LT_SPAN_COUNTS_H

#include <libtrace/sdk.h>

struct lt_span_counts;

/** Stands before both, which are replaced, and frees them as the provider frees the new ones.
 * NULL without memory: they are as before. */
struct lt_span_counts *lt_span_counts_new(
	struct lt_sampler **sampler, struct lt_processor **processor);

/** Fills in n_started and n_live. */
void lt_span_counts_read(struct lt_span_counts *counts, struct lt_provider_metrics *metrics);

#endif
