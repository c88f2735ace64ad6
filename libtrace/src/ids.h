/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h - random trace and span ids. */
#ifndef LT_IDS_H
#define LT_IDS_H

#include <stdint.h>

/** Fills a trace id with random bits; never all zero. */
void lt_ids_trace(uint8_t trace_id[16]);

/** Fills a span id with random bits; never all zero. */
void lt_ids_span(uint8_t span_id[8]);

/** A random number, for jitter. */
uint64_t lt_ids_random(void);

#endif
