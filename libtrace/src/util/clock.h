/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - one clock for all spans: it never runs backwards within a trace, and tells Unix time
 * (lt_clock_now_ns, from the monotonic clock, anchored to wall time).
 */
#ifndef LT_CLOCK_H
#define LT_CLOCK_H

#include <libtrace/instrumentation.h>
#include <stdatomic.h>

/** Nanoseconds of the monotonic clock, for deadlines. */
uint64_t lt_clock_monotonic_ns(void);

/** The same, quicker, and up to 50 ns off. */
uint64_t lt_clock_read_ns(void);

/* An offset makes Unix time of a monotonic one.  Whoever measures a length adds one and the same to
 * both its ends. */

extern _Atomic int64_t lt_clock_anchor_ns; /* wall minus monotonic; 0: not anchored yet */

/** The present one: of lt_clock_anchor(), or of the time that has just been read, since that looks
 * at the wall clock once a second. */
static inline int64_t lt_clock_offset_ns(void)
{
	return atomic_load_explicit(&lt_clock_anchor_ns, memory_order_relaxed);
}

/** That of a clock that has told time_ns, a while before the present: the anchor's, or the wall
 * clock's own if that has been set since and is nearer. */
int64_t lt_clock_offset_of_ns(uint64_t monotonic_ns, uint64_t time_ns);

/** A time told by the present clock, as the one with that offset tells it: the same, unless the
 * clock has been set since, and the step is what it is off the present by. */
uint64_t lt_clock_told_ns(uint64_t monotonic_ns, int64_t offset_ns, uint64_t time_ns);

/** For who has just asked the kernel for the time: compares it with the wall clock once a second.
 * @return monotonic_ns */
uint64_t lt_clock_look_if_due(uint64_t monotonic_ns);

/** Anchors to wall time if it has moved by more than 10 ms (somebody set the clock). */
void lt_clock_anchor(void);

#endif
