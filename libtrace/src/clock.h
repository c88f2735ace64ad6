/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - one clock for all spans: it never runs backwards within a trace, and tells Unix time
 * (lt_clock_now_ns, from the monotonic clock, anchored to wall time).
 */
#ifndef LT_CLOCK_H
#define LT_CLOCK_H

#include <libtrace/instrumentation.h>

/** Nanoseconds of the monotonic clock, for deadlines. */
uint64_t lt_clock_monotonic_ns(void);

/** Anchors to wall time if it has moved by more than 10 ms (somebody set the clock). */
void lt_clock_anchor(void);

#endif
