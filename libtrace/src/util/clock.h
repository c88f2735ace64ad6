/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - one clock for all spans: monotonic time plus an offset to wall time, so that it never
 * runs backwards within a trace.  lt_clock_now_ns() returns Unix time. */
#ifndef LT_CLOCK_H
#define LT_CLOCK_H

#include <libtrace/instrumentation.h>
#include <stdatomic.h>

/** Nanoseconds of the monotonic clock, for deadlines. */
uint64_t lt_clock_monotonic_ns(void);

/** The same, faster, with an error of up to 50 ns. */
uint64_t lt_clock_read_ns(void);

/* An offset converts monotonic time to Unix time.  A duration needs the same offset at its start
 * and end. */

extern _Atomic int64_t lt_clock_anchor_ns; /* wall minus monotonic; 0: not anchored yet */

/** The current offset.  Reading the time updates it once a second, lt_clock_anchor() at once. */
static inline int64_t lt_clock_offset_ns(void)
{
	return atomic_load_explicit(&lt_clock_anchor_ns, memory_order_relaxed);
}

/** The offset that was in use when time_ns was taken, a while ago: the current one, or the one
 * before if the wall clock has been set since and that fits better. */
int64_t lt_clock_offset_of_ns(uint64_t monotonic_ns, uint64_t time_ns);

/** Converts time_ns, a time by the current offset, to one by offset_ns: the same unless the wall
 * clock has been set in between and time_ns differs from now by that step. */
uint64_t lt_clock_told_ns(uint64_t monotonic_ns, int64_t offset_ns, uint64_t time_ns);

/** Compares a time just read from the kernel with the wall clock, once a second.
 * @return monotonic_ns */
uint64_t lt_clock_look_if_due(uint64_t monotonic_ns);

/** Measures the offset and takes it over if it differs by more than 10 ms (the clock was set). */
void lt_clock_anchor(void);

#endif
