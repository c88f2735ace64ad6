/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - monotonic time plus an offset, so a step of the wall clock makes no negative span.
 *
 * clock_gettime costs 25 ns, and a span reads the time two or three times.  Where the kernel keeps
 * its own time by the processor's time stamp counter, we read that counter (10 ns) and extrapolate
 * from the last time that we asked the kernel: for a second at most, by a rate measured over as
 * long.
 */
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

/* Wall minus monotonic, from the quickest of a few readings: one that was interrupted is wrong. */
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

/* A single reading tells a step, if not by how much: it may have been interrupted. */
static void look_at_wall(uint64_t monotonic_ns)
{
	int64_t offset = read_ns(CLOCK_REALTIME) - (int64_t)monotonic_ns;
	atomic_store_explicit(&looked_at_ns, monotonic_ns, memory_order_relaxed);
	if (llabs(offset - lt_clock_offset_ns()) > TOLERANCE_NS)
		lt_clock_anchor();
}

/* Once a second, by whoever has just asked the kernel for the time. */
static uint64_t look_if_due(uint64_t monotonic_ns)
{
	uint64_t looked_at = atomic_load_explicit(&looked_at_ns, memory_order_relaxed);
	/* Signed: another thread may have looked after this one has read. */
	if ((int64_t)(monotonic_ns - looked_at) > LOOK_EVERY_NS)
		look_at_wall(monotonic_ns);
	return monotonic_ns;
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#define RATE_BITS 32	    /* after the binary point of ns_per_tick */
#define BASELINE_NS 1000000 /* the shortest stretch that a rate is measured over */
#define VALID_NS 1000000000 /* the longest that one is extrapolated for */

/* The last time we asked the kernel.  Written by one thread at a time; odd sequence: being written.
 */
static struct {
	atomic_uint sequence;
	_Atomic uint64_t tick, ns;
	_Atomic uint64_t ns_per_tick; /* fixed point; 0: not measured yet */
	_Atomic uint64_t valid_ticks; /* how long it may be extrapolated */
} anchor;

static atomic_flag being_anchored = ATOMIC_FLAG_INIT;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool may_count; /* the counter is steady, and the kernel trusts it */

static void look_at_counter(void)
{
	unsigned a, b, c, d;
	char source[8] = "";
	bool is_invariant = __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	may_count = read(fd, source, sizeof(source)) >= 4 && memcmp(source, "tsc\n", 4) == 0 &&
		    is_invariant;
	close(fd);
}

/* One of two rates cannot be right when they differ by more than this: the machine slept between.
 */
static bool is_near(uint64_t rate, uint64_t other)
{
	return rate - other + (other >> 10) <= other >> 9; /* a thousandth either way */
}

/* being_anchored held.  The rate is measured from the anchor before to this one, and trusted for
 * twice as long: so what it is off by stays near the error of one reading, some 50 ns. */
static void move_anchor(uint64_t tick, uint64_t ns)
{
	uint64_t before_ns = atomic_load_explicit(&anchor.ns, memory_order_relaxed);
	uint64_t before_rate = atomic_load_explicit(&anchor.ns_per_tick, memory_order_relaxed);
	uint64_t ticks = tick - atomic_load_explicit(&anchor.tick, memory_order_relaxed);
	uint64_t elapsed_ns = ns - before_ns;
	uint64_t rate = 0, valid = 0; /* of the first one: nothing to measure from */
	if (before_ns) {
		if (elapsed_ns < BASELINE_NS || ticks == 0)
			return; /* too short to tell a rate from */
		rate = (uint64_t)(((unsigned __int128)elapsed_ns << RATE_BITS) / ticks);
		valid = elapsed_ns < VALID_NS / 2
				? 2 * ticks
				: (uint64_t)((unsigned __int128)ticks * VALID_NS / elapsed_ns);
		if (before_rate && !is_near(rate, before_rate))
			rate = valid = 0; /* start anew from here */
	}
	/* Each release keeps the odd sequence before it; each acquire below keeps the check after
	 * it. */
	unsigned sequence = atomic_load_explicit(&anchor.sequence, memory_order_relaxed);
	atomic_store_explicit(&anchor.sequence, sequence + 1, memory_order_relaxed);
	atomic_store_explicit(&anchor.tick, tick, memory_order_release);
	atomic_store_explicit(&anchor.ns, ns, memory_order_release);
	atomic_store_explicit(&anchor.ns_per_tick, rate, memory_order_release);
	atomic_store_explicit(&anchor.valid_ticks, valid, memory_order_release);
	atomic_store_explicit(&anchor.sequence, sequence + 2, memory_order_release);
}

static uint64_t ask_kernel(void)
{
	pthread_once(&once, look_at_counter);
	if (!may_count || atomic_flag_test_and_set(&being_anchored))
		return look_if_due((uint64_t)read_ns(CLOCK_MONOTONIC));
	/* Read with the flag held: an anchor must not move to a moment before the present one. */
	static uint64_t quickest = UINT64_MAX;
	uint64_t before = __rdtsc();
	uint64_t ns = (uint64_t)read_ns(CLOCK_MONOTONIC);
	uint64_t took = __rdtsc() - before;
	if (took < quickest)
		quickest = took;
	if (took <= 4 * quickest) /* a reading that was interrupted would spoil the rate */
		move_anchor(before + took / 2, ns);
	atomic_flag_clear(&being_anchored);
	return look_if_due(ns);
}

uint64_t lt_clock_read_ns(void)
{
	unsigned sequence = atomic_load_explicit(&anchor.sequence, memory_order_acquire);
	uint64_t tick = atomic_load_explicit(&anchor.tick, memory_order_acquire);
	uint64_t ns = atomic_load_explicit(&anchor.ns, memory_order_acquire);
	uint64_t rate = atomic_load_explicit(&anchor.ns_per_tick, memory_order_acquire);
	uint64_t valid = atomic_load_explicit(&anchor.valid_ticks, memory_order_acquire);
	if ((sequence & 1) ||
		atomic_load_explicit(&anchor.sequence, memory_order_relaxed) != sequence)
		return ask_kernel();
	uint64_t elapsed = __rdtsc() - tick; /* wraps to a large number before the anchor */
	if (elapsed >= valid)
		return ask_kernel();
	return ns + (uint64_t)(((unsigned __int128)elapsed * rate) >> RATE_BITS);
}

#else

uint64_t lt_clock_read_ns(void)
{
	return look_if_due((uint64_t)read_ns(CLOCK_MONOTONIC));
}

#endif

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
