/* SPDX-License-Identifier: Apache-2.0 */
/* check_span_threads.c - spans that several threads make and change at the same time. */
#include "memory_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#define N_THREADS 4
#define N_SPANS 2000

static void *make_spans(void *shared)
{
	for (int i = 0; i < N_SPANS; i++) {
		struct lt_span *span = lt_span_start(tracer, "threaded", NULL);
		lt_span_set(span, LT_ATTRS(lt_int("i", i)));
		lt_span_event(shared, "tick", NULL, 0);
		lt_span_set(shared, LT_ATTRS(lt_int("last", i)));
		lt_span_end(span);
	}
	return NULL;
}

START_TEST(threads_share_a_tracer_and_a_span)
{
	pthread_t threads[N_THREADS];
	struct lt_span *shared = lt_span_start(tracer, "shared", NULL);
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, make_spans, shared);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	lt_span_end(shared);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), N_THREADS * N_SPANS + 1);
	const struct lt_span_data *data = lt_exporter_memory_find(exporter, "shared");
	ck_assert_uint_eq(data->n_events + data->n_dropped_events, N_THREADS * N_SPANS);
	ck_assert_int_eq(lt_attributes_find(&data->attrs, "last")->value.integer, N_SPANS - 1);
}
END_TEST

/* A tracer's spans have no owner once a few of them were taken from theirs: so, many tracers. */
#define N_ROUNDS 2000
#define SPANS_A_TRACER 10
#define N_EVENTS 50

static struct lt_span *shared_span;
static atomic_int n_arrived; /* at this round's start and end; pthread_barrier_wait is too slow to
				have both begin at once */

static void meet(int round)
{
	atomic_fetch_add(&n_arrived, 1);
	while (atomic_load(&n_arrived) < 2 * round)
		sched_yield();
}

static void add_events(struct lt_span *span)
{
	for (int i = 0; i < N_EVENTS; i++)
		lt_span_event(span, "tick", NULL, 0);
}

static void *change_the_same(void *unused)
{
	for (int i = 0; i < N_ROUNDS; i++) {
		meet(2 * i + 1);
		add_events(shared_span);
		meet(2 * i + 2);
	}
	return NULL;
}

START_TEST(a_span_keeps_what_its_own_thread_and_another_add_at_once)
{
	pthread_t other;
	pthread_create(&other, NULL, change_the_same, NULL);
	for (int i = 0; i < N_ROUNDS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%d", i / SPANS_A_TRACER);
		shared_span = lt_span_start(lt_tracer_get(provider, name, NULL), "both", NULL);
		meet(2 * i + 1);
		add_events(shared_span);
		meet(2 * i + 2);
		const struct lt_span_data *data = lt_span_read(shared_span);
		ck_assert_uint_eq(data->n_events + data->n_dropped_events, 2 * N_EVENTS);
		lt_span_end(shared_span);
	}
	pthread_join(other, NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("span_threads");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, threads_share_a_tracer_and_a_span);
	tcase_add_test(tests, a_span_keeps_what_its_own_thread_and_another_add_at_once);
	return run_tests(tests, "span_threads");
}
