/* SPDX-License-Identifier: Apache-2.0 */
/* processor.h - for owners of a processor: a custom one may leave functions out. */
#ifndef LT_PROCESSOR_H
#define LT_PROCESSOR_H

#include <libtrace/sdk.h>

/** Frees a processor of any kind; NULL is fine. */
static inline void lt_processor_free(struct lt_processor *processor)
{
	if (processor && processor->impl->free)
		processor->impl->free(processor);
}

/** The metrics of a processor that keeps count, and of those behind it: how many, up to max. */
static inline size_t lt_processor_read_metrics(
	struct lt_processor *processor, struct lt_processor_metrics *metrics, size_t max)
{
	return processor->impl->metrics ? processor->impl->metrics(processor, metrics, max) : 0;
}

#endif
