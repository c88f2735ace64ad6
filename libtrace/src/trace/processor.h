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

#endif
