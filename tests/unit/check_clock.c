/* SPDX-License-Identifier: Apache-2.0 */
/* check_clock.c - the fast clock tells the kernel's time, and does not run backwards to speak of.
 */
#include "check_main.h"
#include "clock.h"

#include <pthread.h>
#include <time.h>

/* Between two readings of the kernel's clock ours must lie, but for what an anchor may be off. */
enum { SLACK_NS = 20000, RUN_NS = 1500000000 };

static uint64_t wall_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Wall minus monotonic, from a reading that nothing interrupted. */
static uint64_t wall_offset_ns(void)
{
	for (;;) {
		uint64_t before = lt_clock_monotonic_ns();
		uint64_t wall = wall_ns();
		if (lt_clock_monotonic_ns() - before < SLACK_NS / 4)
			return wall - before;
	}
}

static void *compare_clocks(void *unused)
{
	uint64_t end = lt_clock_monotonic_ns() + RUN_NS, n_off = 0, n = 0, last = 0, backwards = 0;
	uint64_t offset = wall_offset_ns();
	while (lt_clock_monotonic_ns() < end) {
		uint64_t before = lt_clock_monotonic_ns() + offset;
		uint64_t ours = lt_clock_now_ns();
		uint64_t after = lt_clock_monotonic_ns() + offset;
		n++;
		if (after - before > SLACK_NS) /* interrupted: tells nothing */
			continue;
		if (ours + SLACK_NS < before || ours > after + SLACK_NS)
			n_off++;
		if (ours + 1000 < last)
			backwards++;
		last = ours;
	}
	ck_assert_uint_gt(n, 1000);
	ck_assert_msg(n_off == 0, "%llu of %llu readings are off", (unsigned long long)n_off,
		(unsigned long long)n);
	ck_assert_uint_eq(backwards, 0);
	return NULL;
}

START_TEST(the_fast_clock_follows_the_kernels)
{
	lt_clock_anchor();
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, compare_clocks, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("clock");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, the_fast_clock_follows_the_kernels);
	return run_tests(tests, "clock");
}
