/* SPDX-License-Identifier: Apache-2.0 */
/* check_clock.c - the fast clock agrees with the kernel's, and does not run backwards noticeably.
 */
#include "check_main.h"
#include "util/clock.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Between two readings of the kernel's clock ours must lie, but for what an anchor may be off. */
#define SLACK_NS 20000
#define RUN_NS 1500000000
#define NS_PER_S 1000000000
#define TOLERANCE_NS 10000000 /* of clock.c */

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
		if (after - before > SLACK_NS) /* interrupted: no result */
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

/* --- a wall clock that is set ------------------------------------------------------------- */

static _Atomic int64_t step_ns; /* since the test began */

/* Takes the place of the C library's, for libtrace too. */
int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int err = (int)syscall(SYS_clock_gettime, clock, ret_time);
	if (clock == CLOCK_REALTIME) {
		int64_t ns = (int64_t)ret_time->tv_sec * NS_PER_S + ret_time->tv_nsec + step_ns;
		*ret_time = (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
	}
	return err;
}

static const int64_t steps_s[] = {3600, -3600};
static struct lt_exporter *exporter;
static struct lt_provider *provider;

/* A tracer of a process that has looked at the clock a moment ago. */
static struct lt_tracer *set_up(void)
{
	provider = memory_provider(&exporter, (struct lt_provider_options){0});
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	lt_span_end(lt_span_start(tracer, "before", NULL));
	return tracer;
}

static void set_clock(int64_t s)
{
	step_ns = s * NS_PER_S;
}

static void ck_assert_short(int64_t ns)
{
	ck_assert_int_ge(ns, -TOLERANCE_NS);
	ck_assert_int_lt(ns, INT64_C(60) * NS_PER_S);
}

static const struct lt_span_data *short_span(const char *name)
{
	const struct lt_span_data *span = lt_exporter_memory_find(exporter, name);
	ck_assert_short((int64_t)(span->end_ns - span->start_ns));
	return span;
}

START_TEST(a_step_while_a_span_is_open_is_no_time_of_its)
{
	struct lt_tracer *tracer = set_up();
	struct lt_span *span = lt_span_start(tracer, "open", NULL);
	struct lt_span *told = lt_span_start(tracer, "told when it ended", NULL);
	set_clock(steps_s[_i]);
	lt_clock_anchor(); /* as a later span does */
	lt_span_event(span, "between", NULL, 0);
	lt_span_end(span);
	lt_span_end_at(told, lt_clock_now_ns());
	const struct lt_span_data *data = short_span("open");
	ck_assert_short((int64_t)(data->events[0].time_ns - data->start_ns));
	ck_assert_short((int64_t)(data->end_ns - data->events[0].time_ns));
	short_span("told when it ended");
	lt_provider_free(provider);
}
END_TEST

START_TEST(spans_follow_a_step_whatever_their_processor)
{
	struct lt_tracer *tracer = set_up();
	set_clock(steps_s[_i]);
	uint64_t end = lt_clock_monotonic_ns() + 10 * (uint64_t)NS_PER_S;
	int64_t off;
	do {
		lt_exporter_memory_reset(exporter);
		lt_span_end(lt_span_start(tracer, "after", NULL));
		off = (int64_t)(wall_ns() - lt_exporter_memory_span(exporter, 0)->end_ns);
	} while (llabs(off) > NS_PER_S && lt_clock_monotonic_ns() < end);
	ck_assert_int_lt(llabs(off), NS_PER_S);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_start_that_was_given_has_an_end_that_matches)
{
	struct lt_tracer *tracer = set_up();
	uint64_t before = lt_clock_now_ns();
	set_clock(steps_s[_i]);
	uint64_t after = wall_ns();
	lt_span_end(lt_span_start(
		tracer, "of the clock before", &(struct lt_span_options){.start_ns = before}));
	short_span("of the clock before");
	lt_span_end(lt_span_start(
		tracer, "of the clock after", &(struct lt_span_options){.start_ns = after}));
	short_span("of the clock after");
	lt_provider_free(provider);
}
END_TEST

START_TEST(times_long_ago_stay_as_they_were_given)
{
	struct lt_span *span =
		lt_span_start(set_up(), "old", &(struct lt_span_options){.start_ns = 1000});
	set_clock(steps_s[_i]);
	lt_clock_anchor();
	lt_span_end_at(span, 2000);
	ck_assert_uint_eq(lt_exporter_memory_find(exporter, "old")->end_ns, 2000);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("clock");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, the_fast_clock_follows_the_kernels);
	tcase_add_loop_test(tests, a_step_while_a_span_is_open_is_no_time_of_its, 0, 2);
	tcase_add_loop_test(tests, spans_follow_a_step_whatever_their_processor, 0, 2);
	tcase_add_loop_test(tests, a_start_that_was_given_has_an_end_that_matches, 0, 2);
	tcase_add_loop_test(tests, times_long_ago_stay_as_they_were_given, 0, 2);
	return run_tests(tests, "clock");
}
