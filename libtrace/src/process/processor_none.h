/* SPDX-License-Identifier: Apache-2.0 */
/* processor_none.h - for OTEL_TRACES_EXPORTER=none: spans are discarded, contexts are
 * propagated. */
#ifndef LT_PROCESSOR_NONE_H
#define LT_PROCESSOR_NONE_H

#include <libtrace/sdk.h>

/** The processor that recycles each span when it ends; static. */
struct lt_processor *lt_processor_none(void);

#endif
