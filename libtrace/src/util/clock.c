/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - monotonic time plus an offset, so that a step of the wall clock makes no negative span.
 * How the monotonic time is read is in clock_counter.c or clock_kernel.c. */
#include "util/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define TOLERANCE_NS 10000000 /* smaller differences are the clocks' own jitter */
#define LOOK_EVERY_NS 1000000000

_Atomic int64_t lt_clock_anchor_ns;
static _Atomic uint64_t looked_at_ns; /* monotonic: when it was last compared with the wall */

static int64_t read_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Wall minus monotonic, from the fastest of a few readings: an interrupted one is wrong. */
static int64_t measure_offset(void)
{
	enum { N_READINGS = 5 };
	int64_t quickest = INT64_MAX, offset = 0;
	for (int i = 0; i < N_READINGS; i++) {
		int64_t before = read_ns(CLOCK_MONOTONIC);
		int64_t wall = read_ns(CLOCK_REALTIME);
		int64_t took = read_ns(CLOCK_MONOTONIC) - before;
		if (took < quickest) {
			quickest = took;
			offset = wall - before - took / 2;
		}
	}
	return offset;
}

void lt_clock_anchor(void)
{
	int64_t measured = measure_offset();
	int64_t used = lt_clock_offset_ns();
	if (llabs(measured - used) > TOLERANCE_NS)
		atomic_store_explicit(&lt_clock_anchor_ns, measured, memory_order_relaxed);
}

/* A single reading detects a step but not its size: it may have been interrupted. */
static void look_at_wall(uint64_t monotonic_ns)
{
	int64_t offset = read_ns(CLOCK_REALTIME) - (int64_t)monotonic_ns;
	atomic_store_explicit(&looked_at_ns, monotonic_ns, memory_order_relaxed);
	if (llabs(offset - lt_clock_offset_ns()) > TOLERANCE_NS)
		lt_clock_anchor();
}

uint64_t lt_clock_look_if_due(uint64_t monotonic_ns)
{
	uint64_t looked_at = atomic_load_explicit(&looked_at_ns, memory_order_relaxed);
	/* Signed: another thread may have looked after this one has read. */
	if ((int64_t)(monotonic_ns - looked_at) > LOOK_EVERY_NS)
		look_at_wall(monotonic_ns);
	return monotonic_ns;
}

static uint64_t distance(uint64_t time_ns, uint64_t other_ns)
{
	return time_ns > other_ns ? time_ns - other_ns : other_ns - time_ns;
}

int64_t lt_clock_offset_of_ns(uint64_t monotonic_ns, uint64_t time_ns)
{
	int64_t before = lt_clock_offset_ns();
	look_at_wall(monotonic_ns);
	int64_t after = lt_clock_offset_ns();
	return distance(monotonic_ns + (uint64_t)after, time_ns) <
			       distance(monotonic_ns + (uint64_t)before, time_ns)
		       ? after
		       : before;
}

uint64_t lt_clock_told_ns(uint64_t monotonic_ns, int64_t offset, uint64_t time_ns)
{
	int64_t step = lt_clock_offset_ns() - offset;
	uint64_t now = monotonic_ns + (uint64_t)offset, other = time_ns - (uint64_t)step;
	return distance(other, now) < (uint64_t)llabs(step) / 2 ? other : time_ns;
}

uint64_t lt_clock_now_ns(void)
{
	uint64_t now = lt_clock_read_ns();
	return now + (uint64_t)lt_clock_offset_ns();
}

uint64_t lt_clock_monotonic_ns(void)
{
	return (uint64_t)read_ns(CLOCK_MONOTONIC);
}
