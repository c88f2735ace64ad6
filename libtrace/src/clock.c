/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - monotonic time plus an offset, so a step of the wall clock makes no negative span. */
#include "clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { TOLERANCE_NS = 10000000 }; /* smaller differences are the clocks' own jitter */

static _Atomic int64_t offset_ns; /* wall minus monotonic; 0: not anchored yet */

static int64_t read_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void lt_clock_anchor(void)
{
	int64_t measured = read_ns(CLOCK_REALTIME) - read_ns(CLOCK_MONOTONIC);
	int64_t used = atomic_load_explicit(&offset_ns, memory_order_relaxed);
	if (llabs(measured - used) > TOLERANCE_NS)
		atomic_store_explicit(&offset_ns, measured, memory_order_relaxed);
}

uint64_t lt_clock_now_ns(void)
{
	return (uint64_t)(read_ns(CLOCK_MONOTONIC) +
			  atomic_load_explicit(&offset_ns, memory_order_relaxed));
}

uint64_t lt_clock_monotonic_ns(void)
{
	return (uint64_t)read_ns(CLOCK_MONOTONIC);
}
