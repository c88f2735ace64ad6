/* SPDX-License-Identifier: Apache-2.0 */
/* check_http_lag.c - who is shed when a loop is behind, by a queue in numbers, and by a loop that works. */
#include "base/monotonic.h"
#include "check_main.h"
#include "http_lag.h"

#define MS UINT64_C(1000000)
#define SERVE_NS 100000 /* of a request; so 10,000 a second are the capacity */
#define SHED_NS 15000

struct queue {
	struct http_admission admission;
	uint64_t now_ns, next_ns; /* the oldest request that waits has come then */
	uint64_t measured_ns;
	unsigned n_served, n_shed;
	uint64_t longest_ns; /* wait of one that was served */
};

/* Requests come at a steady rate; the wait of the first in the queue is measured each 20 ms. */
static void run(struct queue *queue, unsigned per_second, uint64_t ms)
{
	uint64_t end_ns = queue->now_ns + ms * MS;

	queue->n_served = queue->n_shed = 0;
	queue->longest_ns = 0;
	while (queue->now_ns < end_ns) {
		if (queue->next_ns > queue->now_ns)
			queue->now_ns = queue->next_ns;
		uint64_t wait_ns = queue->now_ns - queue->next_ns;
		if (queue->now_ns - queue->measured_ns >= 20 * MS) {
			queue->measured_ns = queue->now_ns;
			http_admission_measured(&queue->admission, wait_ns);
		}
		bool is_served = http_admission_admits(&queue->admission);
		queue->n_served += is_served;
		queue->n_shed += !is_served;
		if (is_served && wait_ns > queue->longest_ns)
			queue->longest_ns = wait_ns;
		queue->now_ns += is_served ? SERVE_NS : SHED_NS;
		queue->next_ns += 1000000000 / per_second;
	}
}

START_TEST(below_its_capacity_nobody_is_shed)
{
	struct queue queue = {.n_served = 0};

	http_admission_init(&queue.admission, 200);
	run(&queue, 9000, 5000);
	ck_assert_uint_eq(queue.n_shed, 0);
}
END_TEST

START_TEST(a_burst_that_is_worked_off_in_time_is_served)
{
	struct queue queue = {.n_served = 0};

	http_admission_init(&queue.admission, 200);
	run(&queue, 1000000, 100); /* what comes in 1 ms takes 100 */
	run(&queue, 1000, 1000);
	ck_assert_uint_eq(queue.n_shed, 0);
}
END_TEST

START_TEST(at_three_times_the_capacity_who_is_served_waits_a_fraction_of_the_limit)
{
	struct queue queue = {.n_served = 0};

	http_admission_init(&queue.admission, 200);
	run(&queue, 30000, 2000);
	ck_assert_uint_gt(queue.n_shed, 0);
	run(&queue, 30000, 10000);
	ck_assert_uint_lt(queue.longest_ns, 100 * MS);
	/* 30,000 a second are all answered: 6,470 served, for the rest is the cost of shedding. */
	ck_assert_uint_gt(queue.n_served, 10 * 5500);
}
END_TEST

START_TEST(where_all_come_again_at_once_one_in_sixteen_is_served_at_least)
{
	struct queue queue = {.n_served = 0};

	http_admission_init(&queue.admission, 200);
	run(&queue, 1000000, 3000);
	ck_assert_uint_gt(queue.n_served * 17, queue.n_shed);
}
END_TEST

START_TEST(after_an_overload_all_are_served_again)
{
	struct queue queue = {.n_served = 0};

	http_admission_init(&queue.admission, 200);
	run(&queue, 30000, 3000);
	run(&queue, 5000, 4000);
	run(&queue, 5000, 5000);
	ck_assert_uint_eq(queue.n_shed, 0);
	ck_assert(!queue.admission.is_overloaded);
}
END_TEST

START_TEST(without_a_limit_nobody_is_shed)
{
	struct queue queue = {.n_served = 0};

	http_admission_init(&queue.admission, 0);
	run(&queue, 30000, 1000);
	ck_assert_uint_eq(queue.n_shed, 0);
}
END_TEST

/* --- by a loop and the clock -------------------------------------------------------------- */

static struct http_lag lag;

static void start(void)
{
	ck_assert_int_eq(http_lag_start(&lag, h2o_evloop_create(), 10), 0);
}

static void stop(void)
{
	http_lag_stop(&lag);
	h2o_evloop_destroy(lag.loop);
}

static void work_for(uint64_t ms)
{
	uint64_t end_ns = monotonic_ns() + ms * MS;

	while (monotonic_ns() < end_ns) {}
}

START_TEST(a_turn_that_takes_long_ends_no_overload_but_sleep_does)
{
	lag.admission.is_overloaded = true;
	lag.admission.share = 0.25;
	h2o_evloop_run(lag.loop, 0);
	http_lag_turn(&lag);
	work_for(150);
	http_lag_admits(&lag);
	ck_assert_double_lt(lag.admission.share, 1);
	h2o_evloop_run(lag.loop, 0);
	http_lag_admits(&lag);
	ck_assert_double_eq(lag.admission.share, 1);
}
END_TEST

START_TEST(a_measurement_that_does_not_end_is_an_overload_after_the_limit)
{
	http_lag_admits(&lag);
	http_lag_admits(&lag);
	http_lag_turn(&lag);
	ck_assert_uint_gt(lag.sent_ns, 0);
	http_lag_turn(&lag);
	ck_assert(!lag.admission.is_overloaded);
	work_for(15);
	http_lag_turn(&lag);
	ck_assert(lag.admission.is_overloaded);
	ck_assert_uint_gt(lag.sent_ns, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("services http_lag");
	tcase_add_test(tests, below_its_capacity_nobody_is_shed);
	tcase_add_test(tests, a_burst_that_is_worked_off_in_time_is_served);
	tcase_add_test(
		tests, at_three_times_the_capacity_who_is_served_waits_a_fraction_of_the_limit);
	tcase_add_test(tests, where_all_come_again_at_once_one_in_sixteen_is_served_at_least);
	tcase_add_test(tests, after_an_overload_all_are_served_again);
	tcase_add_test(tests, without_a_limit_nobody_is_shed);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, a_turn_that_takes_long_ends_no_overload_but_sleep_does);
	tcase_add_test(tests, a_measurement_that_does_not_end_is_an_overload_after_the_limit);
	return run_tests(tests, "services http_lag");
}
