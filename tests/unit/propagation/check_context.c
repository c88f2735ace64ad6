/* SPDX-License-Identifier: Apache-2.0 */
/* check_context.c - contexts as objects: values, baggage and spans handed on to other code. */
#include "memory_fixture.h"

#include <libtrace/context.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>

static const struct lt_context_key color = {"color"}, size = {"size"};

static int n_freed;

static void count_free(void *value)
{
	n_freed++;
}

START_TEST(a_value_is_found_by_its_key_and_freed_with_its_last_context)
{
	struct lt_context *red = lt_context_with_value(NULL, &color, (void *)"red", count_free);
	struct lt_context *blue = lt_context_with_value(red, &color, (void *)"blue", count_free);
	struct lt_context *large = lt_context_with_value(blue, &size, (void *)"large", NULL);
	ck_assert_str_eq(lt_context_value(red, &color), "red");
	ck_assert_str_eq(lt_context_value(large, &color), "blue");
	ck_assert_str_eq(lt_context_value(large, &size), "large");
	ck_assert_ptr_null(lt_context_value(red, &size));
	ck_assert_ptr_null(lt_context_value(NULL, &size));
	lt_context_release(red);
	lt_context_release(blue);
	ck_assert_int_eq(n_freed, 0);
	lt_context_release(large);
	ck_assert_int_eq(n_freed, 2);
}
END_TEST

START_TEST(a_context_is_current_until_its_scope_is_left)
{
	struct lt_scope outer, inner;
	struct lt_context *red = lt_context_with_value(NULL, &color, (void *)"red", NULL);
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	struct lt_context *both = lt_context_with_span(red, span);
	ck_assert_ptr_null(lt_context_current());
	lt_scope_enter_context(&outer, both);
	ck_assert_ptr_eq(lt_span_current(), span);
	ck_assert_str_eq(lt_context_current_value(&color), "red");
	lt_scope_enter_context(&inner, NULL); /* nothing of what was */
	ck_assert_ptr_null(lt_span_current());
	ck_assert_ptr_null(lt_context_current_value(&color));
	lt_scope_leave(&inner);
	lt_scope_enter(&inner, NULL); /* another span; the values stay */
	ck_assert_str_eq(lt_context_current_value(&color), "red");
	lt_scope_leave(&inner);
	struct lt_context *current = lt_context_current();
	ck_assert_ptr_eq(lt_context_span(current), span);
	ck_assert_str_eq(lt_context_value(current, &color), "red");
	lt_context_release(current);
	lt_scope_leave(&outer);
	ck_assert_ptr_null(lt_context_current());
	lt_span_end(span);
	lt_context_release(both);
	lt_context_release(red);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1);
}
END_TEST

static struct lt_baggage *baggage_of(const char *key, const char *value)
{
	struct lt_baggage *baggage = NULL;
	ck_assert_int_eq(lt_baggage_set(NULL, key, value, NULL, &baggage), 0);
	return baggage;
}

START_TEST(a_span_brings_the_baggage_back_that_it_was_started_under)
{
	struct lt_scope scope;
	struct lt_baggage *baggage = baggage_of("user", "42");
	lt_scope_enter_baggage(&scope, baggage);
	lt_baggage_release(baggage);
	struct lt_span *span = lt_span_start(tracer, "request", NULL);
	lt_scope_leave(&scope);
	ck_assert_ptr_null(lt_baggage_current());
	ck_assert_slice_eq(lt_baggage_get(lt_span_baggage(span), "user"), "42");

	lt_scope_enter(&scope, span); /* in a callback */
	ck_assert_slice_eq(lt_baggage_get(lt_baggage_current(), "user"), "42");
	struct lt_span *child = lt_span_start(tracer, "child", NULL);
	ck_assert_slice_eq(lt_baggage_get(lt_span_baggage(child), "user"), "42");
	lt_scope_leave(&scope);
	lt_span_end(child);
	lt_span_end(span);
	ck_assert_ptr_null(lt_span_baggage(span));
}
END_TEST

START_TEST(what_is_current_wins_over_what_a_span_was_started_under)
{
	struct lt_scope outer, inner;
	struct lt_baggage *old = baggage_of("k", "old"), *present = baggage_of("k", "new");
	lt_scope_enter_baggage(&outer, old);
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	lt_scope_leave(&outer);
	lt_scope_enter_baggage(&outer, present);
	lt_scope_enter(&inner, span);
	ck_assert_slice_eq(lt_baggage_get(lt_baggage_current(), "k"), "new");
	lt_scope_leave(&inner);
	lt_scope_enter_baggage(&inner, NULL); /* cleared */
	ck_assert_ptr_null(lt_baggage_current());
	lt_scope_leave(&inner);
	lt_scope_leave(&outer);
	lt_span_end(span);
	lt_baggage_release(old);
	lt_baggage_release(present);
}
END_TEST

static void *work(void *context)
{
	struct lt_scope scope;
	lt_scope_enter_context(&scope, context);
	ck_assert_slice_eq(lt_baggage_get(lt_baggage_current(), "k"), "v");
	lt_span_end(lt_span_start(tracer, "work", NULL));
	lt_scope_leave(&scope);
	lt_context_release(context);
	return NULL;
}

START_TEST(a_context_is_handed_to_another_thread_in_one_call)
{
	pthread_t thread;
	struct lt_scope scope, with_baggage;
	struct lt_baggage *baggage = baggage_of("k", "v");
	struct lt_span *span = lt_span_start(tracer, "caller", NULL);
	struct lt_span_context caller = lt_span_get_context(span);
	lt_scope_enter(&scope, span);
	lt_scope_enter_baggage(&with_baggage, baggage);
	ck_assert_int_eq(pthread_create(&thread, NULL, work, lt_context_current()), 0);
	lt_scope_leave(&scope);
	lt_span_end(span); /* the context holds it */
	pthread_join(thread, NULL);
	const struct lt_span_data *worked = lt_exporter_memory_find(exporter, "work");
	ck_assert_mem_eq(worked->parent_span_id, caller.span_id, 8);
	ck_assert_ptr_nonnull(lt_exporter_memory_find(exporter, "caller"));
	lt_baggage_release(baggage);
}
END_TEST

static void *work_in_context(void *result)
{
	ck_assert_slice_eq(lt_baggage_get(lt_baggage_current(), "k"), "v");
	lt_span_end(lt_span_start(tracer, "work", NULL));
	return result;
}

/* "k" and "v" as baggage, and the span that is made. */
static struct lt_span *begin_request(struct lt_scope scopes[2])
{
	struct lt_baggage *baggage = baggage_of("k", "v");
	struct lt_span *span = lt_span_start(tracer, "caller", NULL);
	lt_scope_enter(&scopes[0], span);
	lt_scope_enter_baggage(&scopes[1], baggage);
	lt_baggage_release(baggage);
	return span;
}

static void check_work_is_below(const struct lt_span_context *caller)
{
	const struct lt_span_data *worked = lt_exporter_memory_find(exporter, "work");
	ck_assert_mem_eq(worked->parent_span_id, caller->span_id, 8);
}

START_TEST(a_thread_begins_in_the_context_of_who_starts_it)
{
	pthread_t thread;
	struct lt_scope scopes[2];
	void *result;
	struct lt_span *span = begin_request(scopes);
	struct lt_span_context caller = lt_span_get_context(span);
	ck_assert_int_eq(
		lt_context_pthread_create(&thread, NULL, work_in_context, (void *)&caller), 0);
	lt_scope_leave(&scopes[0]);
	lt_span_end(span);
	pthread_join(thread, &result);
	ck_assert_ptr_eq(result, &caller);
	check_work_is_below(&caller);
	ck_assert_ptr_nonnull(lt_exporter_memory_find(exporter, "caller"));
}
END_TEST

START_TEST(a_callback_runs_in_the_context_that_it_was_given)
{
	struct lt_scope scopes[2];
	struct lt_span *span = begin_request(scopes);
	struct lt_span_context caller = lt_span_get_context(span);
	struct lt_context *given = lt_context_current();
	lt_scope_leave(&scopes[0]);
	lt_span_end(span); /* before the loop comes to the callback */
	ck_assert_ptr_eq(lt_context_run(given, work_in_context, (void *)&caller), &caller);
	ck_assert_ptr_null(lt_context_current());
	check_work_is_below(&caller);
}
END_TEST

START_TEST(requests_that_a_loop_interleaves_each_have_their_context)
{
	enum { N = 3 };
	struct lt_context *contexts[N];
	for (int i = 0; i < N; i++) {
		struct lt_span *span = lt_span_start(
			tracer, "request", &(struct lt_span_options){.start_ns = 1 + i});
		contexts[i] = lt_context_with_span(NULL, span);
		lt_span_end(span);
	}
	for (int step = 0; step < 2; step++)
		for (int i = 0; i < N; i++) {
			LT_SCOPE_CONTEXT(contexts[i]);
			lt_span_end(lt_span_start(tracer, "step", NULL));
			if (i == 1)
				continue; /* however the block is left */
			ck_assert_ptr_eq(lt_span_current(), lt_context_span(contexts[i]));
		}
	ck_assert_ptr_null(lt_span_current());
	for (int i = 0; i < 2 * N; i++)
		ck_assert_mem_eq(lt_exporter_memory_span(exporter, i)->parent_span_id,
			lt_span_read(lt_context_span(contexts[i % N]))->context.span_id, 8);
	for (int i = 0; i < N; i++)
		lt_context_release(contexts[i]);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 3 * N);
}
END_TEST

/* --- the parent's context ----------------------------------------------------------------- */

static char seen_by_sampler[16], seen_by_processor[16];

static void note_baggage(char seen[16])
{
	struct lt_slice value = lt_baggage_get(lt_baggage_current(), "k");
	snprintf(seen, 16, "%.*s %s", (int)value.len, value.ptr ? value.ptr : "",
		lt_context_current_value(&color) ? "red" : "");
}

static enum lt_decision sample_by_baggage(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	note_baggage(seen_by_sampler);
	return LT_RECORD_AND_SAMPLE;
}

static void on_start(struct lt_processor *self, struct lt_span *span,
	const struct lt_span_context_view *parent_view)
{
	note_baggage(seen_by_processor);
	ck_assert_ptr_nonnull(parent_view);
}

START_TEST(a_parent_from_a_context_is_seen_whole_by_sampler_and_processor)
{
	static const struct lt_sampler_impl sampler_impl = {.sample = sample_by_baggage};
	static const struct lt_processor_impl processor_impl = {.on_start = on_start};
	static struct lt_sampler sampler = {&sampler_impl};
	static struct lt_processor processor = {&processor_impl};
	tear_down();
	ck_assert_int_eq(lt_provider_new(&(struct lt_provider_options){.sampler = &sampler,
						 .processor = &processor},
				 &provider),
		0);
	tracer = lt_tracer_get(provider, "check", NULL);
	struct lt_baggage *baggage = baggage_of("k", "v");
	struct lt_span *wrapped = lt_span_wrap(&(struct lt_span_context){
		.trace_id = {1}, .span_id = {2}, .flags = LT_FLAG_SAMPLED, .remote = true});
	struct lt_context *red = lt_context_with_value(NULL, &color, (void *)"red", NULL);
	struct lt_context *with_baggage = lt_context_with_baggage(red, baggage);
	struct lt_context *parent_context = lt_context_with_span(with_baggage, wrapped);

	struct lt_span *span =
		lt_span_start(tracer, "s", &(struct lt_span_options){.context = parent_context});
	ck_assert_str_eq(seen_by_sampler, "v red");
	ck_assert_str_eq(seen_by_processor, "v red");
	ck_assert_uint_eq(lt_span_read(span)->parent_span_id[0], 2);
	ck_assert(lt_span_read(span)->parent_remote);
	ck_assert_slice_eq(lt_baggage_get(lt_span_baggage(span), "k"), "v");
	ck_assert_ptr_null(lt_context_current());
	lt_span_end(span);
	lt_span_end(wrapped);
	lt_context_release(parent_context);
	lt_context_release(with_baggage);
	lt_context_release(red);
	lt_baggage_release(baggage);
}
END_TEST

START_TEST(where_instrumentation_is_suppressed_spans_are_null)
{
	struct lt_scope scope;
	struct lt_span *span = lt_span_start(tracer, "outer", NULL);
	lt_scope_enter(&scope, span);
	lt_suppress_enter();
	lt_suppress_enter();
	ck_assert_ptr_null(lt_span_start(tracer, "suppressed", NULL));
	lt_suppress_leave();
	ck_assert_ptr_null(lt_span_start(tracer, "still", NULL));
	lt_suppress_leave();
	lt_span_end(lt_span_start(tracer, "inner", NULL));
	lt_scope_leave(&scope);
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 2);
}
END_TEST

static const struct lt_span_context remote = {.trace_id = {1},
	.span_id = {2},
	.flags = LT_FLAG_SAMPLED | LT_FLAG_RANDOM,
	.remote = true,
	.tracestate = "a=1"};

START_TEST(a_remote_context_is_wrapped_in_a_span_and_made_current)
{
	struct lt_scope scope;
	struct lt_span *wrapped = lt_span_wrap(&remote);
	ck_assert(!lt_span_is_recording(wrapped));
	struct lt_span_context context = lt_span_get_context(wrapped);
	ck_assert_mem_eq(&context, &remote, offsetof(struct lt_span_context, tracestate));
	ck_assert_str_eq(context.tracestate, "a=1");
	lt_span_set(wrapped, LT_ATTRS(lt_int("k", 1)));
	lt_span_set_name(wrapped, "other");
	lt_scope_enter(&scope, wrapped);
	lt_span_end(lt_span_start(tracer, "child", NULL));
	lt_scope_leave(&scope);
	lt_span_end(wrapped);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1);
	const struct lt_span_data *child = lt_exporter_memory_span(exporter, 0);
	ck_assert_mem_eq(child->context.trace_id, remote.trace_id, 16);
	ck_assert_mem_eq(child->parent_span_id, remote.span_id, 8);
	ck_assert(child->parent_remote);
	ck_assert_slice_eq(child->context.tracestate, "a=1");
	ck_assert_ptr_null(lt_span_wrap(NULL));
	ck_assert_ptr_null(lt_span_wrap(&(struct lt_span_context){.trace_id = {1}}));
}
END_TEST

/* --- carriers ----------------------------------------------------------------------------- */

static char parent[64], bag[64];

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const char *value = strcasecmp(key, "traceparent") == 0 ? parent
			    : strcasecmp(key, "baggage") == 0	? bag
								: "";
	*ret_value = lt_slice(value);
	return index == 0 && *value;
}

static int set(void *carrier, const char *key, const char *value)
{
	if (strcasecmp(key, "traceparent") == 0)
		strcpy(parent, value);
	else if (strcasecmp(key, "baggage") == 0)
		strcpy(bag, value);
	return 0;
}

START_TEST(a_context_goes_into_a_carrier_and_comes_out_of_it)
{
	static const struct lt_carrier_impl impl = {get, set};
	struct lt_span *span = lt_span_wrap(&remote);
	struct lt_baggage *baggage = baggage_of("k", "v w");
	struct lt_context *with_span = lt_context_with_span(NULL, span);
	struct lt_context *sent = lt_context_with_baggage(with_span, baggage);
	ck_assert_int_eq(lt_context_inject(sent, &impl, NULL), 0);
	ck_assert_str_eq(parent, "00-01000000000000000000000000000000-0200000000000000-03");
	ck_assert_str_eq(bag, "k=v%20w");
	struct lt_context *base = lt_context_with_value(NULL, &color, (void *)"red", NULL);
	struct lt_context *received = lt_context_extract(base, &impl, NULL);
	struct lt_span_context context = lt_span_get_context(lt_context_span(received));
	ck_assert_mem_eq(context.trace_id, remote.trace_id, 16);
	ck_assert(context.remote);
	ck_assert_slice_eq(lt_baggage_get(lt_context_baggage(received), "k"), "v w");
	ck_assert_str_eq(lt_context_value(received, &color), "red");
	lt_context_release(received);
	lt_context_release(base);
	lt_context_release(sent);
	lt_context_release(with_span);
	lt_baggage_release(baggage);
	lt_span_end(span);
}
END_TEST

START_TEST(current_baggage_goes_out_with_every_injection)
{
	static const struct lt_carrier_impl impl = {get, set};
	struct lt_scope scope;
	struct lt_baggage *baggage = baggage_of("k", "v");
	lt_scope_enter_baggage(&scope, baggage);
	ck_assert_int_eq(lt_inject(&impl, NULL, NULL), 0);
	ck_assert_str_eq(bag, "k=v");
	ck_assert_str_eq(parent, ""); /* no span */
	lt_scope_leave(&scope);
	bag[0] = '\0';
	ck_assert_int_eq(lt_inject(&impl, NULL, &remote), 0);
	ck_assert_str_eq(bag, "");
	lt_baggage_release(baggage);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("context");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_value_is_found_by_its_key_and_freed_with_its_last_context);
	tcase_add_test(tests, a_context_is_current_until_its_scope_is_left);
	tcase_add_test(tests, a_span_brings_the_baggage_back_that_it_was_started_under);
	tcase_add_test(tests, what_is_current_wins_over_what_a_span_was_started_under);
	tcase_add_test(tests, a_context_is_handed_to_another_thread_in_one_call);
	tcase_add_test(tests, a_thread_begins_in_the_context_of_who_starts_it);
	tcase_add_test(tests, a_callback_runs_in_the_context_that_it_was_given);
	tcase_add_test(tests, requests_that_a_loop_interleaves_each_have_their_context);
	tcase_add_test(tests, a_parent_from_a_context_is_seen_whole_by_sampler_and_processor);
	tcase_add_test(tests, where_instrumentation_is_suppressed_spans_are_null);
	tcase_add_test(tests, a_remote_context_is_wrapped_in_a_span_and_made_current);
	tcase_add_test(tests, a_context_goes_into_a_carrier_and_comes_out_of_it);
	tcase_add_test(tests, current_baggage_goes_out_with_every_injection);
	return run_tests(tests, "context");
}
