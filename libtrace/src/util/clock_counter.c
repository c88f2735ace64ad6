/* SPDX-License-Identifier: Apache-2.0 */
/* clock_counter.c - reads the time by the processor's time stamp counter (x86_64).
 *
 * clock_gettime takes 25 ns, and a span reads the time two or three times.  Where the kernel keeps
 * its own time by that counter, we read it (10 ns) and extrapolate from the last reading of the
 * kernel's clock: for a second at most, at a rate measured over as long. A
 * span with three attributes and an event takes 84 ns by it, 125 ns by clock_kernel.c.
 */
#include "util/clock.h"

#include <cpuid.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#define RATE_BITS 32	    /* after the binary point of ns_per_tick */
#define BASELINE_NS 1000000 /* the shortest stretch that a rate is measured over */
#define VALID_NS 1000000000 /* the longest extrapolation */

/* The last reading of the kernel's clock.  Written by one thread at a time; an odd sequence means
 * that it is being written. */
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

/* Rates that differ by more than this are not both right: the machine was suspended in between. */
static bool is_near(uint64_t rate, uint64_t other)
{
	return rate - other + (other >> 10) <= other >> 9; /* a thousandth either way */
}

/* being_anchored held.  The rate is measured from the previous anchor to this one, and used for
 * twice as long: so the error stays near that of one reading, some 50 ns. */
static void move_anchor(uint64_t tick, uint64_t ns)
{
	uint64_t before_ns = atomic_load_explicit(&anchor.ns, memory_order_relaxed);
	uint64_t before_rate = atomic_load_explicit(&anchor.ns_per_tick, memory_order_relaxed);
	uint64_t ticks = tick - atomic_load_explicit(&anchor.tick, memory_order_relaxed);
	uint64_t elapsed_ns = ns - before_ns;
	uint64_t rate = 0, valid = 0; /* the first anchor: nothing to measure from */
	if (before_ns) {
		if (elapsed_ns < BASELINE_NS || ticks == 0)
			return; /* too short for a rate */
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
		return lt_clock_look_if_due(lt_clock_monotonic_ns());
	/* Read with the flag held: an anchor must not move to a moment before the present one. */
	static uint64_t quickest = UINT64_MAX;
	uint64_t before = __rdtsc();
	uint64_t ns = lt_clock_monotonic_ns();
	uint64_t took = __rdtsc() - before;
	if (took < quickest)
		quickest = took;
	if (took <= 4 * quickest) /* a reading that was interrupted would spoil the rate */
		move_anchor(before + took / 2, ns);
	atomic_flag_clear(&being_anchored);
	return lt_clock_look_if_due(ns);
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
