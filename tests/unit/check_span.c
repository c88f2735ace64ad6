/* SPDX-License-Identifier: Apache-2.0 */
/* check_span.c - what a span records, its parent, and its lifetime. */
#include "check_main.h"

#include <errno.h>
#include <jansson.h>
#include <libtrace/instrumentation.h>
#include <libtrace/propagation.h>
#include <libtrace/semconv.h>
#include <stdio.h>

static struct lt_exporter *exporter;
static struct lt_provider *provider;
static struct lt_tracer *tracer;

static void set_up_with(struct lt_provider_options options)
{
	provider = memory_provider(&exporter, options);
	tracer = lt_tracer_get(provider, "check", "1.2");
	ck_assert_ptr_nonnull(tracer);
}

static void set_up(void)
{
	set_up_with((struct lt_provider_options){0});
}

static void tear_down(void)
{
	lt_provider_free(provider);
}

static const struct lt_attr *attr(const struct lt_span_data *span, const char *key)
{
	return lt_attributes_find(&span->attrs, key);
}

START_TEST(a_span_arrives_as_it_was_recorded)
{
	struct lt_span *span = lt_span_start(tracer, "GET",
		&(struct lt_span_options){
			.kind = LT_KIND_SERVER,
			.attrs = (const struct lt_attr[]){lt_str("at.start", "yes")},
			.n_attrs = 1,
		});
	ck_assert(lt_span_is_recording(span));
	lt_span_set_name(span, "GET /checkout");
	lt_span_set(span, LT_ATTRS(lt_str("s", "text"), lt_int("i", -7), lt_bool("b", true),
				  lt_double("d", 0.5)));
	lt_span_event(span, "received", LT_ATTRS(lt_int("bytes", 12)));
	lt_span_status(span, LT_STATUS_ERROR, "broken");
	struct lt_span_context context = lt_span_get_context(span);
	lt_span_end(span);

	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_slice_eq(data->name, "GET /checkout");
	ck_assert_uint_eq(data->kind, LT_KIND_SERVER);
	ck_assert_mem_eq(data->context.span_id, context.span_id, 8);
	ck_assert_uint_eq(data->context.flags, LT_FLAG_SAMPLED | LT_FLAG_RANDOM);
	ck_assert_slice_eq(attr(data, "at.start")->value.string, "yes");
	ck_assert_slice_eq(attr(data, "s")->value.string, "text");
	ck_assert_int_eq(attr(data, "i")->value.integer, -7);
	ck_assert(attr(data, "b")->value.boolean);
	ck_assert_double_eq(attr(data, "d")->value.number, 0.5);
	ck_assert_uint_eq(data->n_events, 1);
	ck_assert_slice_eq(data->events[0].name, "received");
	ck_assert_int_eq(data->events[0].attrs.items[0].value.integer, 12);
	ck_assert_uint_eq(data->status, LT_STATUS_ERROR);
	ck_assert_slice_eq(data->status_text, "broken");
	ck_assert_uint_ge(data->end_ns, data->start_ns);
	ck_assert_uint_le(data->start_ns, data->events[0].time_ns);
	ck_assert_slice_eq(data->scope->name, "check");
	ck_assert_slice_eq(data->scope->version, "1.2");
}
END_TEST

START_TEST(arrays_of_every_type_are_copied)
{
	int64_t ints[] = {1, -2};
	bool bools[] = {true, false};
	double doubles[] = {0.25};
	struct lt_slice strings[] = {{"a", 1}, {"", 0}};
	struct lt_span *span = lt_span_start(tracer, "arrays", NULL);
	lt_span_set(span, LT_ATTRS(lt_ints("i", ints, 2), lt_bools("b", bools, 2),
				  lt_doubles("d", doubles, 1), lt_strs("s", strings, 2),
				  lt_ints("none", NULL, 0)));
	ints[0] = 99;
	strings[0].ptr = "z";
	lt_span_end(span);

	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->attrs.n, 5);
	ck_assert_int_eq(attr(data, "i")->value.integers[0], 1);
	ck_assert_int_eq(attr(data, "i")->value.integers[1], -2);
	ck_assert(!attr(data, "b")->value.booleans[1]);
	ck_assert_double_eq(attr(data, "d")->value.numbers[0], 0.25);
	ck_assert_slice_eq(attr(data, "s")->value.strings[0], "a");
	ck_assert_uint_eq(attr(data, "s")->value.strings[1].len, 0);
	ck_assert_uint_eq(attr(data, "none")->n_items, 0);
}
END_TEST

START_TEST(a_key_set_twice_keeps_the_later_value)
{
	struct lt_span *span = lt_span_start(tracer, "twice", NULL);
	lt_span_set(span, LT_ATTRS(lt_int("k", 1), lt_str("other", "x")));
	lt_span_set(span, LT_ATTRS(lt_str("k", "two")));
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->attrs.n, 2);
	ck_assert_slice_eq(attr(data, "k")->value.string, "two");
}
END_TEST

START_TEST(a_fixed_key_is_kept_and_its_value_copied)
{
	static const char key[] = "fixed";
	char value[] = "first";
	struct lt_attr fixed = lt_str(key, value);
	fixed.fixed_key = 1;
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	lt_span_set(span, LT_ATTRS(fixed, lt_int("other", 1)));
	value[0] = '?';
	const struct lt_attr *kept = attr(lt_span_read(span), key);
	ck_assert_ptr_eq(kept->key.ptr, key);
	ck_assert(kept->value.string.len == 5 && memcmp(kept->value.string.ptr, "first", 5) == 0);

	char copy[] = "fixed"; /* the same key, not a fixed one: the attribute keeps that it has */
	lt_span_set(span, LT_ATTRS(lt_str(copy, "second")));
	ck_assert_ptr_eq(kept->key.ptr, key);
	ck_assert_uint_eq(lt_span_read(span)->attrs.n, 2);
	lt_span_end(span);
}
END_TEST

START_TEST(attributes_without_value_or_key_are_passed_over)
{
	struct lt_span *span = lt_span_start(tracer, "none", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("null", NULL), lt_str("", "no key")));
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->attrs.n, 0);
	ck_assert_uint_eq(data->attrs.n_dropped, 0);
}
END_TEST

START_TEST(the_current_span_is_the_parent)
{
	struct lt_span *parent = lt_span_start(tracer, "parent", NULL);
	struct lt_scope scope;
	lt_scope_enter(&scope, parent);
	ck_assert_ptr_eq(lt_span_current(), parent);
	struct lt_span *child = lt_span_start(tracer, "child", NULL);
	lt_scope_leave(&scope);
	ck_assert_ptr_null(lt_span_current());
	struct lt_span *other = lt_span_start(tracer, "other", NULL);

	struct lt_span_context p = lt_span_get_context(parent), c = lt_span_get_context(child),
			       o = lt_span_get_context(other);
	ck_assert_mem_eq(p.trace_id, c.trace_id, 16);
	ck_assert_mem_ne(p.trace_id, o.trace_id, 16);
	ck_assert_mem_eq(lt_span_read(child)->parent_span_id, p.span_id, 8);
	lt_span_end(child);
	lt_span_end(other);
	lt_span_end(parent);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 3);
}
END_TEST

START_TEST(root_and_parent_options_win_over_the_current_span)
{
	struct lt_span *current = lt_span_start(tracer, "current", NULL);
	struct lt_span *chosen = lt_span_start(tracer, "chosen", NULL);
	struct lt_span_context context = lt_span_get_context(chosen);
	struct lt_scope scope;
	lt_scope_enter(&scope, current);
	struct lt_span *root =
		lt_span_start(tracer, "root", &(struct lt_span_options){.root = true});
	struct lt_span *child =
		lt_span_start(tracer, "child", &(struct lt_span_options){.parent = &context});
	lt_scope_leave(&scope);

	static const uint8_t none[8];
	ck_assert_mem_eq(lt_span_read(root)->parent_span_id, none, 8);
	ck_assert_mem_eq(lt_span_read(child)->parent_span_id, context.span_id, 8);
	lt_span_end(root);
	lt_span_end(child);
	lt_span_end(chosen);
	lt_span_end(current);
}
END_TEST

START_TEST(a_remote_parent_gives_its_trace_its_flags_and_its_tracestate)
{
	struct lt_span_context remote = {.trace_id = {1},
		.span_id = {2},
		.flags = LT_FLAG_SAMPLED,
		.remote = true,
		.tracestate = "foo=1"};
	struct lt_span *span =
		lt_span_start(tracer, "remote", &(struct lt_span_options){.parent = &remote});
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert_mem_eq(context.trace_id, remote.trace_id, 16);
	/* Not random: the creator of the trace id did not set the flag. */
	ck_assert_uint_eq(context.flags, LT_FLAG_SAMPLED);
	ck_assert(!context.remote);
	ck_assert_str_eq(context.tracestate, "foo=1");
	ck_assert(lt_span_read(span)->parent_remote);
	lt_span_end(span);
}
END_TEST

START_TEST(a_context_outlives_its_span)
{
	struct lt_span_context remote = {.trace_id = {1}, .span_id = {2}, .tracestate = "of=first"};
	struct lt_span *span =
		lt_span_start(tracer, "first", &(struct lt_span_options){.parent = &remote});
	struct lt_span_context kept = lt_span_get_context(span);
	lt_span_end(span);
	strcpy(remote.tracestate, "of=second");
	span = lt_span_start(tracer, "second", &(struct lt_span_options){.parent = &remote});
	struct lt_span_context other = lt_span_get_context(span);
	lt_span_end(span);
	ck_assert_str_eq(kept.tracestate, "of=first");
	ck_assert_str_eq(other.tracestate, "of=second");
}
END_TEST

START_TEST(a_malformed_tracestate_of_the_program_is_recorded_nowhere)
{
	struct lt_span_context forged = {.trace_id = {1},
		.span_id = {2},
		.flags = LT_FLAG_SAMPLED,
		.tracestate = "k=v\r\nX-Forged: 1"};
	struct lt_link at_start = {.context = forged};
	struct lt_span *span = lt_span_start(tracer, "forged",
		&(struct lt_span_options){.parent = &forged, .links = &at_start, .n_links = 1});
	lt_span_link(span, &forged, NULL, 0);
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert_mem_eq(context.trace_id, forged.trace_id, 16);
	ck_assert_str_eq(context.tracestate, "");
	const struct lt_span_data *data = lt_span_read(span);
	ck_assert_uint_eq(data->context.tracestate.len, 0);
	ck_assert_uint_eq(data->links[0].context.tracestate.len, 0);
	ck_assert_uint_eq(data->links[1].context.tracestate.len, 0);
	lt_span_end(span);
}
END_TEST

START_TEST(a_span_ended_while_current_stays_readable_until_its_scope_is_left)
{
	struct lt_span *span = lt_span_start(tracer, "ended early", NULL);
	struct lt_span_context before = lt_span_get_context(span);
	struct lt_scope scope;
	lt_scope_enter(&scope, span);
	lt_span_end(span);
	ck_assert(!lt_span_is_recording(lt_span_current()));
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
	struct lt_span_context after = lt_span_get_context(lt_span_current());
	ck_assert_mem_eq(before.span_id, after.span_id, 8);
	lt_span_set(lt_span_current(), LT_ATTRS(lt_str("too", "late")));
	lt_scope_leave(&scope);
	ck_assert_uint_eq(lt_exporter_memory_span(exporter, 0)->attrs.n, 0);
}
END_TEST

START_TEST(leaving_an_outer_scope_leaves_those_inside)
{
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	struct lt_scope outer, inner;
	lt_scope_enter(&outer, span);
	lt_scope_enter(&inner, NULL);
	ck_assert_ptr_null(lt_span_current());
	lt_scope_leave(&outer);
	ck_assert_ptr_null(lt_span_current());
	lt_scope_leave(&inner); /* does nothing */
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1);
}
END_TEST

START_TEST(a_held_span_is_exported_after_its_release)
{
	struct lt_span *span = lt_span_hold(lt_span_start(tracer, "held", NULL));
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert(lt_span_context_is_valid(&context));
	lt_span_release(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1);
}
END_TEST

START_TEST(null_tracer_and_null_span_do_nothing)
{
	struct lt_scope scope;
	ck_assert_ptr_null(lt_span_start(lt_tracer_get(NULL, "no provider", NULL), "s", NULL));
	struct lt_span *span = lt_span_start(NULL, "nothing", NULL);
	ck_assert_ptr_null(span);
	lt_scope_enter(&scope, span);
	lt_span_set(span, LT_ATTRS(lt_int("k", 1)));
	lt_span_event(span, "e", NULL, 0);
	lt_span_exception(span, "t", "m");
	lt_span_status(span, LT_STATUS_ERROR, "x");
	lt_span_set_name(span, "n");
	ck_assert_ptr_null(lt_span_hold(span));
	lt_span_release(span);
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert(!lt_span_context_is_valid(&context));
	ck_assert_str_eq(lt_span_context_ids(&context).trace_id, "");
	ck_assert(!lt_span_is_recording(span));
	lt_scope_leave(&scope);
	lt_span_end(span);
}
END_TEST

START_TEST(null_is_inert_wherever_it_may_be_given)
{
	struct lt_span *span =
		lt_span_start(tracer, NULL, &(struct lt_span_options){.n_attrs = 1, .n_links = 1});
	lt_span_set_name(span, NULL);
	lt_span_set(span, NULL, 1);
	lt_span_set(span, LT_ATTRS(lt_str(NULL, "v"), lt_strs("a", NULL, 3)));
	lt_span_event(span, NULL, NULL, 1);
	lt_span_link(span, NULL, NULL, 1);
	lt_span_exception(span, NULL, NULL);
	lt_span_status(span, LT_STATUS_ERROR, NULL);
	ck_assert_uint_eq(lt_span_read(span)->attrs.n, 0);
	ck_assert_uint_eq(lt_span_read(span)->n_links, 0);
	lt_span_end(span);

	char traceparent[LT_TRACEPARENT_LEN + 1];
	ck_assert(!lt_span_context_is_valid(NULL));
	ck_assert_str_eq(lt_span_context_ids(NULL).trace_id, "");
	ck_assert_str_eq(lt_span_context_view_ids(NULL).trace_id, "");
	ck_assert_str_eq(lt_traceparent_print(NULL, traceparent), "");
	ck_assert_int_eq(lt_inject(NULL, NULL, NULL), 0);
	ck_assert_ptr_nonnull(lt_tracer_get_scope(provider, NULL));
	ck_assert_ptr_nonnull(lt_tracer_get(provider, NULL, NULL));
	ck_assert_ptr_null(lt_span_hold(NULL));
	lt_span_release(NULL);
	lt_span_recycle(NULL);
	lt_scope_enter(NULL, span);
	lt_scope_leave(NULL);
	ck_assert_int_eq(lt_provider_flush(NULL, 100), 0);
	ck_assert_int_eq(lt_provider_shutdown(NULL, 100), 0);
	lt_provider_free(NULL);
	ck_assert_uint_eq(lt_resource_attributes(NULL)->n, 0);
	ck_assert_uint_eq(lt_processor_batch_stats(NULL).n_queued, 0);
	struct lt_processor *processor;
	ck_assert_int_eq(lt_processor_batch_new(NULL, NULL, &processor), -EINVAL);
	ck_assert_int_eq(lt_processor_simple_new(NULL, &processor), -EINVAL);
}
END_TEST

START_TEST(suppression_left_once_too_often_does_not_last)
{
	lt_suppress_leave();
	ck_assert(!lt_suppressed());
	lt_suppress_enter();
	ck_assert(lt_suppressed());
	lt_suppress_leave();
	ck_assert(!lt_suppressed());
}
END_TEST

START_TEST(a_parent_based_sampler_without_root_samples_roots)
{
	struct lt_sampler *sampler;
	tear_down();
	ck_assert_int_eq(lt_sampler_parent_based_new(NULL, &sampler), 0);
	set_up_with((struct lt_provider_options){.sampler = sampler});
	lt_span_end(lt_span_start(tracer, "root", NULL));
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1);
}
END_TEST

START_TEST(numbers_that_are_no_kind_status_or_type_are_refused)
{
	struct lt_attr odd = {.key = lt_slice("odd"), .type = (enum lt_type)99};
	struct lt_span *span = lt_span_start(tracer, "s",
		&(struct lt_span_options){.kind = (enum lt_kind)77, .attrs = &odd, .n_attrs = 1});
	lt_span_status(span, (enum lt_status)9, "text");
	ck_assert_uint_eq(lt_span_read(span)->kind, LT_KIND_INTERNAL);
	ck_assert_uint_eq(lt_span_read(span)->status, LT_STATUS_UNSET);
	ck_assert_uint_eq(lt_span_read(span)->attrs.n, 0);
	lt_span_end(span);
}
END_TEST

/* Another span is made between the two ends, of the same memory where it can be. */
static void end_twice(void)
{
	struct lt_span *span = lt_span_start(tracer, "twice", NULL);
	bool records = lt_span_is_recording(span);
	lt_span_end(span);
	struct lt_span *other = lt_span_start(tracer, "other", NULL);
	lt_span_end(span);
	lt_span_set(span, LT_ATTRS(lt_str("not", "mine")));
	ck_assert(lt_span_is_recording(other) == records);
	struct lt_span *third = lt_span_start(tracer, "third", NULL);
	ck_assert_ptr_ne(other, third);
	ck_assert(!lt_span_is_recording(span));
	lt_span_end(third);
	lt_span_end(other);
}

static void end_twice_while_current(void)
{
	struct lt_span *span = lt_span_start(tracer, "current", NULL);
	struct lt_span_context before = lt_span_get_context(span);
	struct lt_scope scope;
	lt_scope_enter(&scope, span);
	lt_span_end(span);
	lt_span_end(span);
	struct lt_span_context after = lt_span_get_context(lt_span_current());
	ck_assert_mem_eq(before.span_id, after.span_id, sizeof(before.span_id));
	lt_scope_leave(&scope);
}

START_TEST(a_second_end_does_nothing)
{
	for (int is_sampled = 0; is_sampled < 2; is_sampled++) {
		tear_down();
		set_up_with((struct lt_provider_options){
			.sampler = is_sampled ? lt_sampler_always_on() : lt_sampler_always_off()});
		for (int i = 0; i < 100; i++) {
			end_twice();
			end_twice_while_current();
		}
		ck_assert_uint_eq(lt_exporter_memory_count(exporter), is_sampled ? 400 : 0);
		for (size_t i = 0; i < lt_exporter_memory_count(exporter); i++)
			ck_assert_uint_eq(lt_exporter_memory_span(exporter, i)->attrs.n, 0);
	}
}
END_TEST

START_TEST(a_processor_may_leave_everything_out)
{
	static const struct lt_processor_impl impl = {.on_start = NULL};
	static struct lt_processor processor = {&impl};
	tear_down();
	ck_assert_int_eq(
		lt_provider_new(&(struct lt_provider_options){.processor = &processor}, &provider),
		0);
	lt_span_end(lt_span_start(lt_tracer_get(provider, "check", NULL), "s", NULL));
	ck_assert_int_eq(lt_provider_flush(provider, 100), 0);
	ck_assert_int_eq(lt_provider_shutdown(provider, 100), 0);
}
END_TEST

static int new_batch(struct lt_exporter *of, struct lt_processor **ret_processor)
{
	return lt_processor_batch_new(of, NULL, ret_processor);
}

static int (*const new_processors[])(struct lt_exporter *, struct lt_processor **) = {
	lt_processor_simple_new, new_batch};

START_TEST(an_exporter_may_leave_everything_out)
{
	static const struct lt_exporter_impl impl = {.export_spans = NULL};
	static struct lt_exporter nothing = {&impl};
	struct lt_provider_options options = {.resource = NULL};
	tear_down();
	ck_assert_int_eq(new_processors[_i](&nothing, &options.processor), 0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	lt_span_end(lt_span_start(lt_tracer_get(provider, "check", NULL), "s", NULL));
	ck_assert_int_eq(lt_provider_flush(provider, 5000), 0);
}
END_TEST

START_TEST(status_ok_is_final_and_unset_changes_nothing)
{
	struct lt_span *span = lt_span_start(tracer, "status", NULL);
	lt_span_status(span, LT_STATUS_ERROR, "first");
	lt_span_status(span, LT_STATUS_UNSET, NULL);
	ck_assert_uint_eq(lt_span_read(span)->status, LT_STATUS_ERROR);
	lt_span_status(span, LT_STATUS_OK, "ignored");
	lt_span_status(span, LT_STATUS_ERROR, "late");
	ck_assert_uint_eq(lt_span_read(span)->status, LT_STATUS_OK);
	ck_assert_uint_eq(lt_span_read(span)->status_text.len, 0);
	lt_span_end(span);
}
END_TEST

START_TEST(links_keep_their_order_and_their_tracestate)
{
	struct lt_span_context first = {.trace_id = {1}, .span_id = {1}};
	struct lt_span_context second = {.trace_id = {2}, .span_id = {2}, .tracestate = "v=1"};
	struct lt_link at_start = {.context = first};
	struct lt_span *span = lt_span_start(
		tracer, "links", &(struct lt_span_options){.links = &at_start, .n_links = 1});
	lt_span_link(span, &second, LT_ATTRS(lt_str("why", "batch")));
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->n_links, 2);
	ck_assert_uint_eq(data->links[0].context.trace_id[0], 1);
	ck_assert_slice_eq(data->links[1].context.tracestate, "v=1");
	ck_assert_slice_eq(data->links[1].attrs.items[0].value.string, "batch");
}
END_TEST

START_TEST(times_given_are_times_recorded)
{
	struct lt_span *span =
		lt_span_start(tracer, "times", &(struct lt_span_options){.start_ns = 1000});
	lt_span_event_at(span, 1500, "e", NULL, 0);
	lt_span_end_at(span, 2000);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->start_ns, 1000);
	ck_assert_uint_eq(data->events[0].time_ns, 1500);
	ck_assert_uint_eq(data->end_ns, 2000);
}
END_TEST

START_TEST(an_error_of_the_program_is_the_exception_event)
{
	struct lt_span *span = lt_span_start(tracer, "exception", NULL);
	lt_span_exception(span, "ECONNREFUSED", "order-service refused");
	lt_span_end(span);
	const struct lt_event *event = &lt_exporter_memory_span(exporter, 0)->events[0];
	ck_assert_slice_eq(event->name, "exception");
	ck_assert_slice_eq(
		lt_attributes_find(&event->attrs, LT_EXCEPTION_TYPE)->value.string, "ECONNREFUSED");
}
END_TEST

START_TEST(an_exception_has_further_attributes_and_they_win)
{
	struct lt_span *span = lt_span_start(tracer, "exception", NULL);
	lt_span_exception_with(span, "E", "message",
		LT_ATTRS(lt_str("exception.stacktrace", "main()"), lt_str("exception.type", "F")));
	lt_span_exception_with(span, "G", NULL, NULL, 0);
	const struct lt_event *events = lt_span_read(span)->events;
	ck_assert_slice_eq(events[0].name, "exception");
	ck_assert_uint_eq(events[0].attrs.n, 3);
	ck_assert_slice_eq(
		lt_attributes_find(&events[0].attrs, "exception.type")->value.string, "F");
	ck_assert_slice_eq(
		lt_attributes_find(&events[0].attrs, "exception.stacktrace")->value.string,
		"main()");
	ck_assert_uint_eq(events[1].attrs.n, 1);
	ck_assert_uint_eq(lt_span_read(span)->status, LT_STATUS_UNSET);
	lt_span_end(span);
}
END_TEST

START_TEST(an_errno_is_recorded_by_its_name_as_event_attribute_and_status)
{
	static const struct {
		int err;
		const char *name, *text;
	} cases[] = {{ECONNREFUSED, "ECONNREFUSED", "Connection refused"},
		{-ENOSPC, "ENOSPC", "No space left on device"}, {99999, "99999", NULL}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		lt_span_errno(span, cases[i].err);
		const struct lt_span_data *data = lt_span_read(span);
		ck_assert_slice_eq(attr(data, LT_ERROR_TYPE)->value.string, cases[i].name);
		ck_assert_slice_eq(
			lt_attributes_find(&data->events[0].attrs, LT_EXCEPTION_TYPE)->value.string,
			cases[i].name);
		ck_assert_uint_eq(data->status, LT_STATUS_ERROR);
		if (cases[i].text)
			ck_assert_slice_eq(data->status_text, cases[i].text);
		lt_span_end(span);
	}
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	lt_span_errno(span, 0);
	lt_span_errno(NULL, EIO);
	ck_assert_uint_eq(lt_span_read(span)->n_events, 0);
	ck_assert_uint_eq(lt_span_read(span)->status, LT_STATUS_UNSET);
	lt_span_end(span);
}
END_TEST

START_TEST(a_log_line_has_the_current_spans_ids_or_nothing)
{
	char line[256], expected[256];
	struct lt_log_ids ids = lt_log_ids();
	ck_assert_str_eq(ids.text, "");
	ck_assert_str_eq(ids.json, "");
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	struct lt_span_context context = lt_span_get_context(span);
	struct lt_ids hex = lt_span_context_ids(&context);
	LT_SCOPE(span);
	ids = lt_log_ids();
	snprintf(line, sizeof(line), "reserved %d%s", 2, ids.text);
	snprintf(expected, sizeof(expected), "reserved 2 trace_id=%s span_id=%s trace_flags=%s",
		hex.trace_id, hex.span_id, hex.trace_flags);
	ck_assert_str_eq(line, expected);

	json_t *object;
	snprintf(line, sizeof(line), "{\"message\":\"reserved\"%s}", ids.json);
	ck_assert_ptr_nonnull(object = json_loads(line, 0, NULL));
	ck_assert_str_eq(json_string_value(json_object_get(object, "trace_id")), hex.trace_id);
	ck_assert_str_eq(json_string_value(json_object_get(object, "span_id")), hex.span_id);
	ck_assert_str_eq(json_string_value(json_object_get(object, "trace_flags")), "03");
	json_decref(object);
	lt_span_end(span);
}
END_TEST

START_TEST(over_the_limits_things_are_dropped_and_counted)
{
	tear_down();
	set_up_with((struct lt_provider_options){.limits = {.attr_count = 2,
							 .attr_value_length = 3,
							 .event_count = 1,
							 .link_count = LT_LIMIT_ZERO,
							 .event_attr_count = 1}});
	struct lt_span_context context = {.trace_id = {1}, .span_id = {1}};
	struct lt_span *span = lt_span_start(tracer, "limits", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("a", "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"), lt_int("b", 1),
				  lt_int("c", 2)));
	lt_span_set(span, LT_ATTRS(lt_int("b", 3))); /* replaces: no drop */
	lt_span_event(span, "one", LT_ATTRS(lt_int("x", 1), lt_int("y", 2)));
	lt_span_event(span, "two", NULL, 0);
	lt_span_link(span, &context, NULL, 0);
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->attrs.n, 2);
	ck_assert_uint_eq(data->attrs.n_dropped, 1);
	ck_assert_slice_eq(attr(data, "a")->value.string, "\xc3\xa4\xc3\xb6\xc3\xbc");
	ck_assert_int_eq(attr(data, "b")->value.integer, 3);
	ck_assert_uint_eq(data->n_events, 1);
	ck_assert_uint_eq(data->n_dropped_events, 1);
	ck_assert_uint_eq(data->events[0].attrs.n_dropped, 1);
	ck_assert_uint_eq(data->n_links, 0);
	ck_assert_uint_eq(data->n_dropped_links, 1);
}
END_TEST

START_TEST(each_limit_has_its_variable_and_the_spans_own_wins)
{
	static const char *const one[] = {"OTEL_SPAN_EVENT_COUNT_LIMIT",
		"OTEL_SPAN_LINK_COUNT_LIMIT", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
		"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"};
	struct lt_span_context context = {.trace_id = {1}, .span_id = {1}};
	setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "2", 1);
	setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3", 1);
	for (int is_own = 0; is_own < 2; is_own++) {
		if (is_own)
			setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3", 1);
		for (size_t i = 0; is_own && i < sizeof(one) / sizeof(one[0]); i++)
			setenv(one[i], "1", 1);
		tear_down();
		set_up_with((struct lt_provider_options){0});
		struct lt_span *span = lt_span_start(tracer, "limits", NULL);
		lt_span_set(span, LT_ATTRS(lt_str("a", "text"), lt_int("b", 1), lt_int("c", 2),
					  lt_int("d", 3)));
		for (int i = 0; i < 2; i++) {
			lt_span_event(span, "e", LT_ATTRS(lt_int("a", 1), lt_int("b", 1)));
			lt_span_link(span, &context, LT_ATTRS(lt_int("a", 1), lt_int("b", 1)));
		}
		const struct lt_span_data *data = lt_span_read(span);
		ck_assert_uint_eq(data->attrs.n, is_own ? 3 : 2);
		ck_assert_slice_eq(attr(data, "a")->value.string, is_own ? "t" : "tex");
		ck_assert_uint_eq(data->n_events, is_own ? 1 : 2);
		ck_assert_uint_eq(data->n_links, is_own ? 1 : 2);
		ck_assert_uint_eq(data->events[0].attrs.n, is_own ? 1 : 2);
		ck_assert_uint_eq(data->links[0].attrs.n, is_own ? 1 : 2);
		lt_span_end(span);
	}
}
END_TEST

START_TEST(events_keep_their_order)
{
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	for (int i = 0; i < 100; i++) /* whatever their times are */
		lt_span_event_at(span, (uint64_t)(1000 - i), "e", LT_ATTRS(lt_int("i", i)));
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(lt_span_read(span)->events[i].attrs.items[0].value.integer, i);
	lt_span_end(span);
}
END_TEST

START_TEST(keys_and_values_may_be_in_any_script)
{
	static const char key[] = "\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87";
	static const char value[] = "\xe5\x80\xa4 \xf0\x9f\x94\x91";
	struct lt_span *span = lt_span_start(tracer, value, NULL);
	lt_span_set(span, LT_ATTRS(lt_str(key, value)));
	ck_assert_slice_eq(attr(lt_span_read(span), key)->value.string, value);
	ck_assert_slice_eq(lt_span_read(span)->name, value);
	lt_span_end(span);
}
END_TEST

START_TEST(a_span_takes_no_more_than_its_memory)
{
	char *text = malloc(600 * 1024);
	memset(text, 'x', 600 * 1024 - 1);
	text[600 * 1024 - 1] = '\0';
	struct lt_span *span = lt_span_start(tracer, "large", NULL);
	lt_span_set(span,
		LT_ATTRS(lt_str("first", text), lt_str("second", text), lt_str("third", "fits")));
	free(text);
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->attrs.n_dropped, 1);
	ck_assert_ptr_nonnull(attr(data, "first"));
	ck_assert_slice_eq(attr(data, "third")->value.string, "fits");
}
END_TEST

START_TEST(many_attributes_and_events_outgrow_the_block)
{
	char key[32];
	struct lt_span *span = lt_span_start(tracer, "many", NULL);
	for (int i = 0; i < 128; i++) {
		snprintf(key, sizeof(key), "a.key.of.some.length.%d", i);
		lt_span_set(span, LT_ATTRS(lt_int(key, i)));
		lt_span_event(span, key, LT_ATTRS(lt_str(key, key)));
	}
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->attrs.n, 128);
	ck_assert_uint_eq(data->n_events, 128);
	ck_assert_int_eq(attr(data, "a.key.of.some.length.127")->value.integer, 127);
	ck_assert_slice_eq(
		data->events[127].attrs.items[0].value.string, "a.key.of.some.length.127");
}
END_TEST

START_TEST(after_shutdown_spans_are_null)
{
	ck_assert_int_eq(lt_provider_shutdown(provider, 100), 0);
	ck_assert_ptr_null(lt_span_start(tracer, "late", NULL));
	ck_assert_int_ne(lt_provider_shutdown(provider, 100), 0);
}
END_TEST

START_TEST(a_disabled_sdk_hands_its_parents_context_on)
{
	tear_down();
	setenv("OTEL_SDK_DISABLED", "true", 1);
	ck_assert_int_eq(lt_provider_new(NULL, &provider), 0); /* without a memory exporter */
	tracer = lt_tracer_get(provider, "check", NULL);
	struct lt_span_context parent = {.trace_id = {1},
		.span_id = {2},
		.flags = LT_FLAG_SAMPLED,
		.remote = true,
		.tracestate = "foo=1"};
	ck_assert_ptr_null(lt_span_start(tracer, "root", NULL));
	struct lt_span *span =
		lt_span_start(tracer, "child", &(struct lt_span_options){.parent = &parent});
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert_mem_eq(context.span_id, parent.span_id, 8);
	ck_assert_uint_eq(context.flags, LT_FLAG_SAMPLED);
	ck_assert_str_eq(context.tracestate, "foo=1");
	ck_assert(!lt_span_is_recording(span));
	lt_span_end(span);
}
END_TEST

START_TEST(ids_for_logs_are_hex)
{
	struct lt_span_context context = {
		.trace_id = {0x4b, [15] = 0x36}, .span_id = {0xab, [7] = 1}, .flags = 1};
	struct lt_ids ids = lt_span_context_ids(&context);
	ck_assert_str_eq(ids.trace_id, "4b000000000000000000000000000036");
	ck_assert_str_eq(ids.span_id, "ab00000000000001");
	ck_assert_str_eq(ids.trace_flags, "01");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("span");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_span_arrives_as_it_was_recorded);
	tcase_add_test(tests, arrays_of_every_type_are_copied);
	tcase_add_test(tests, a_key_set_twice_keeps_the_later_value);
	tcase_add_test(tests, a_fixed_key_is_kept_and_its_value_copied);
	tcase_add_test(tests, attributes_without_value_or_key_are_passed_over);
	tcase_add_test(tests, the_current_span_is_the_parent);
	tcase_add_test(tests, root_and_parent_options_win_over_the_current_span);
	tcase_add_test(tests, a_remote_parent_gives_its_trace_its_flags_and_its_tracestate);
	tcase_add_test(tests, a_context_outlives_its_span);
	tcase_add_test(tests, a_malformed_tracestate_of_the_program_is_recorded_nowhere);
	tcase_add_test(tests, a_span_ended_while_current_stays_readable_until_its_scope_is_left);
	tcase_add_test(tests, leaving_an_outer_scope_leaves_those_inside);
	tcase_add_test(tests, a_held_span_is_exported_after_its_release);
	tcase_add_test(tests, null_tracer_and_null_span_do_nothing);
	tcase_add_test(tests, null_is_inert_wherever_it_may_be_given);
	tcase_add_test(tests, suppression_left_once_too_often_does_not_last);
	tcase_add_test(tests, a_parent_based_sampler_without_root_samples_roots);
	tcase_add_test(tests, numbers_that_are_no_kind_status_or_type_are_refused);
	tcase_add_test(tests, a_second_end_does_nothing);
	tcase_add_test(tests, a_processor_may_leave_everything_out);
	tcase_add_loop_test(tests, an_exporter_may_leave_everything_out, 0, 2);
	tcase_add_test(tests, status_ok_is_final_and_unset_changes_nothing);
	tcase_add_test(tests, links_keep_their_order_and_their_tracestate);
	tcase_add_test(tests, times_given_are_times_recorded);
	tcase_add_test(tests, an_error_of_the_program_is_the_exception_event);
	tcase_add_test(tests, an_exception_has_further_attributes_and_they_win);
	tcase_add_test(tests, an_errno_is_recorded_by_its_name_as_event_attribute_and_status);
	tcase_add_test(tests, a_log_line_has_the_current_spans_ids_or_nothing);
	tcase_add_test(tests, over_the_limits_things_are_dropped_and_counted);
	tcase_add_test(tests, each_limit_has_its_variable_and_the_spans_own_wins);
	tcase_add_test(tests, events_keep_their_order);
	tcase_add_test(tests, keys_and_values_may_be_in_any_script);
	tcase_add_test(tests, a_span_takes_no_more_than_its_memory);
	tcase_add_test(tests, many_attributes_and_events_outgrow_the_block);
	tcase_add_test(tests, after_shutdown_spans_are_null);
	tcase_add_test(tests, a_disabled_sdk_hands_its_parents_context_on);
	tcase_add_test(tests, ids_for_logs_are_hex);
	return run_tests(tests, "span");
}
