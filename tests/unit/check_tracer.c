/* SPDX-License-Identifier: Apache-2.0 */
/* check_tracer.c - the tracer of a scope, and the provider of a tracer over time. */
#include "check_main.h"
#include "reports.h"

#include <pthread.h>
#include <stdio.h>

static struct lt_exporter *exporter;
static struct lt_provider *provider;

static void set_up(void)
{
	keep_reports();
	provider = memory_provider(&exporter, (struct lt_provider_options){0});
}

static void tear_down(void)
{
	lt_provider_free(provider);
}

static struct lt_tracer *tracer_with(const struct lt_attr *attrs, size_t n)
{
	return lt_tracer_get_scope(
		provider, &(struct lt_instrumentation_scope){
				  .name = lt_slice("check"), .attrs = attrs, .n_attrs = n});
}

/* --- scopes ------------------------------------------------------------------------------- */

START_TEST(the_same_scope_gives_the_same_tracer)
{
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", "1.2");
	ck_assert_ptr_eq(lt_tracer_get(provider, "check", "1.2"), tracer);
	ck_assert_ptr_ne(lt_tracer_get(provider, "check", "1.3"), tracer);
	struct lt_tracer *with_v = tracer_with(LT_ATTRS(lt_str("k", "v")));
	ck_assert_ptr_ne(with_v, tracer);
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_str("k", "v"))), with_v);
	ck_assert_ptr_ne(tracer_with(LT_ATTRS(lt_str("k", "w"))), with_v);
	ck_assert_ptr_ne(tracer_with(LT_ATTRS(lt_int("k", 1))), with_v);
}
END_TEST

START_TEST(attributes_are_compared_as_they_are_recorded)
{
	struct lt_tracer *plain = tracer_with(NULL, 0);
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_str("k", NULL))), plain);
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_str("", "v"))), plain);
	struct lt_tracer *with_b = tracer_with(LT_ATTRS(lt_str("k", "a"), lt_str("k", "b")));
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_str("k", "a"), lt_str("k", "b"))), with_b);
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_str("k", "b"))), with_b);
	struct lt_tracer *two = tracer_with(LT_ATTRS(lt_int("i", 1), lt_bool("b", true)));
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_bool("b", true), lt_int("i", 1))), two);
	struct lt_tracer *none = tracer_with(LT_ATTRS(lt_double("d", 0.0 / 0.0)));
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_double("d", 0.0 / 0.0))), none);
}
END_TEST

START_TEST(arrays_are_compared_item_by_item)
{
	struct lt_slice words[] = {lt_slice("a"), lt_slice("b")};
	struct lt_slice others[] = {lt_slice("a"), lt_slice("c")};
	int64_t integers[] = {1, 2};
	double numbers[] = {1, 2};
	bool booleans[] = {true, false};
	struct lt_tracer *tracer =
		tracer_with(LT_ATTRS(lt_strs("w", words, 2), lt_ints("i", integers, 2),
			lt_doubles("d", numbers, 2), lt_bools("b", booleans, 2)));
	ck_assert_ptr_eq(tracer_with(LT_ATTRS(lt_strs("w", words, 2), lt_ints("i", integers, 2),
				 lt_doubles("d", numbers, 2), lt_bools("b", booleans, 2))),
		tracer);
	ck_assert_ptr_ne(tracer_with(LT_ATTRS(lt_strs("w", words, 2))),
		tracer_with(LT_ATTRS(lt_strs("w", others, 2))));
	ck_assert_ptr_ne(tracer_with(LT_ATTRS(lt_strs("w", words, 2))),
		tracer_with(LT_ATTRS(lt_strs("w", words, 1))));
}
END_TEST

static struct lt_tracer *numbered(int i)
{
	char name[16];
	snprintf(name, sizeof(name), "%d", i);
	return lt_tracer_get(provider, name, NULL);
}

START_TEST(beyond_1024_scopes_spans_come_without_theirs_which_is_said_once)
{
	for (int i = 0; i < 1100; i++)
		lt_span_end(lt_span_start(numbered(i), "s", NULL));
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1100);
	ck_assert_slice_eq(lt_exporter_memory_span(exporter, 1023)->scope->name, "1023");
	ck_assert_slice_eq(lt_exporter_memory_span(exporter, 1024)->scope->name, "");
	ck_assert_ptr_eq(numbered(2000), numbered(2001));
	ck_assert_ptr_ne(numbered(2000), numbered(7));
	ck_assert_ptr_nonnull(strstr(last_report, "\"1024\" first")); /* none since */
}
END_TEST

/* --- providers ---------------------------------------------------------------------------- */

START_TEST(a_tracer_may_be_had_before_its_provider)
{
	struct lt_tracer *early = lt_tracer_get(NULL, "early", "1");
	ck_assert_ptr_null(lt_span_start(early, "too early", NULL));
	lt_provider_set_global(provider);
	lt_span_end(lt_span_start(early, "in time", NULL));
	ck_assert_ptr_nonnull(lt_exporter_memory_find(exporter, "in time"));
	ck_assert_ptr_eq(lt_tracer_get(NULL, "early", "1"), early);
}
END_TEST

START_TEST(a_tracer_outlives_its_provider)
{
	struct lt_tracer *own = lt_tracer_get(provider, "own", NULL);
	lt_provider_set_global(provider);
	struct lt_tracer *followed = lt_tracer_get(NULL, "followed", NULL);
	lt_span_end(lt_span_start(own, "s", NULL));
	lt_provider_free(provider);
	ck_assert_ptr_null(lt_span_start(own, "after", NULL));
	ck_assert_ptr_null(lt_span_start(followed, "after", NULL));

	set_up();
	lt_provider_set_global(provider);
	ck_assert_ptr_null(lt_span_start(own, "of another", NULL));
	lt_span_end(lt_span_start(followed, "of the next", NULL));
	ck_assert_ptr_nonnull(lt_exporter_memory_find(exporter, "of the next"));
}
END_TEST

START_TEST(a_provider_that_is_freed_leaves_the_global_ones_tracers_alone)
{
	struct lt_provider *first = provider;
	lt_provider_set_global(first);
	struct lt_tracer *followed = lt_tracer_get(NULL, "followed", NULL);
	set_up();
	lt_provider_set_global(provider);
	lt_provider_free(first);
	ck_assert_ptr_eq(lt_provider_global(), provider);
	lt_span_end(lt_span_start(followed, "s", NULL));
	ck_assert_ptr_nonnull(lt_exporter_memory_find(exporter, "s"));
}
END_TEST

START_TEST(tracers_of_providers_that_come_and_go_do_not_add_up)
{
	struct lt_tracer *first = numbered(0);
	for (int i = 0; i < 100; i++) {
		tear_down();
		set_up();
		ck_assert_ptr_eq(numbered(0), first);
	}
}
END_TEST

#define N_TRACERS 500
static struct lt_tracer *early[N_TRACERS];

static void *get_tracers(void *unused)
{
	for (int i = 0; i < N_TRACERS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "early %d", i);
		early[i] = lt_tracer_get(NULL, name, NULL);
		lt_span_end(lt_span_start(early[i], "either way", NULL));
	}
	return NULL;
}

START_TEST(a_provider_becomes_global_while_tracers_are_asked_for)
{
	pthread_t thread;
	pthread_create(&thread, NULL, get_tracers, NULL);
	lt_provider_set_global(provider);
	pthread_join(thread, NULL);
	size_t n = lt_exporter_memory_count(exporter);
	for (int i = 0; i < N_TRACERS; i++)
		lt_span_end(lt_span_start(early[i], "in time", NULL));
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), n + N_TRACERS);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("tracer");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_same_scope_gives_the_same_tracer);
	tcase_add_test(tests, attributes_are_compared_as_they_are_recorded);
	tcase_add_test(tests, arrays_are_compared_item_by_item);
	tcase_add_test(tests, beyond_1024_scopes_spans_come_without_theirs_which_is_said_once);
	tcase_add_test(tests, a_tracer_may_be_had_before_its_provider);
	tcase_add_test(tests, a_tracer_outlives_its_provider);
	tcase_add_test(tests, a_provider_that_is_freed_leaves_the_global_ones_tracers_alone);
	tcase_add_test(tests, tracers_of_providers_that_come_and_go_do_not_add_up);
	tcase_add_test(tests, a_provider_becomes_global_while_tracers_are_asked_for);
	return run_tests(tests, "tracer");
}
