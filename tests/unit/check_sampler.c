/* SPDX-License-Identifier: Apache-2.0 */
/* check_sampler.c - the decisions of samplers; unsampled spans still have a context. */
#include "check_main.h"
#include "trace/sampler.h"

#include <errno.h>

static struct lt_exporter *exporter;
static struct lt_provider *provider;

static struct lt_tracer *tracer_with(const char *sampler, const char *arg)
{
	sampler ? setenv("OTEL_TRACES_SAMPLER", sampler, 1) : unsetenv("OTEL_TRACES_SAMPLER");
	arg ? setenv("OTEL_TRACES_SAMPLER_ARG", arg, 1) : unsetenv("OTEL_TRACES_SAMPLER_ARG");
	provider = memory_provider(&exporter, (struct lt_provider_options){0});
	return lt_tracer_get(provider, "check", NULL);
}

static void tear_down(void)
{
	lt_provider_free(provider);
}

static bool is_sampled(struct lt_tracer *tracer, const struct lt_span_context *parent)
{
	struct lt_span *span = lt_span_start(
		tracer, "s", &(struct lt_span_options){.parent = parent, .root = !parent});
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert(lt_span_context_is_valid(&context));
	ck_assert_int_eq(lt_span_is_recording(span), (context.flags & LT_FLAG_SAMPLED) != 0);
	lt_span_end(span);
	return context.flags & LT_FLAG_SAMPLED;
}

static const struct lt_span_context sampled_parent = {
	.trace_id = {1}, .span_id = {1}, .flags = LT_FLAG_SAMPLED, .remote = true};
static const struct lt_span_context unsampled_parent = {
	.trace_id = {1}, .span_id = {1}, .remote = true};

static const struct {
	const char *sampler, *arg;
	bool root, under_sampled, under_unsampled;
} cases[] = {
	{NULL, NULL, true, true, false},
	{"always_on", NULL, true, true, true},
	{"always_off", NULL, false, false, false},
	{"parentbased_always_on", NULL, true, true, false},
	{"parentbased_always_off", NULL, false, true, false},
	{"PARENTBASED_ALWAYS_OFF", NULL, false, true, false},
	{"traceidratio", "0", false, false, false},
	{"traceidratio", "1", true, true, true},
	{"traceidratio", NULL, true, true, true},
	{"parentbased_traceidratio", "0", false, true, false},
	{"parentbased_traceidratio", "7", true, true, false}, /* bad: ignored */
	{"no_such_sampler", NULL, true, true, false},
};

START_TEST(the_variable_names_the_sampler)
{
	struct lt_tracer *tracer = tracer_with(cases[_i].sampler, cases[_i].arg);
	ck_assert_int_eq(is_sampled(tracer, NULL), cases[_i].root);
	ck_assert_int_eq(is_sampled(tracer, &sampled_parent), cases[_i].under_sampled);
	ck_assert_int_eq(is_sampled(tracer, &unsampled_parent), cases[_i].under_unsampled);
}
END_TEST

START_TEST(a_quarter_is_about_a_quarter)
{
	struct lt_tracer *tracer = tracer_with("traceidratio", "0.25");
	int n = 0;
	for (int i = 0; i < 20000; i++)
		n += is_sampled(tracer, NULL);
	/* 5,000 expected, standard deviation 61: eight of them either way */
	ck_assert_int_gt(n, 4500);
	ck_assert_int_lt(n, 5500);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), n);
}
END_TEST

START_TEST(an_unsampled_span_hands_its_context_on)
{
	struct lt_tracer *tracer = tracer_with("always_off", NULL);
	struct lt_span_context remote = sampled_parent;
	strcpy(remote.tracestate, "foo=1");
	struct lt_span *span =
		lt_span_start(tracer, "s", &(struct lt_span_options){.parent = &remote});
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert_mem_eq(context.trace_id, remote.trace_id, 16);
	ck_assert_mem_ne(context.span_id, remote.span_id, 8);
	ck_assert_str_eq(context.tracestate, "foo=1");
	lt_span_set(span, LT_ATTRS(lt_int("k", 1)));
	lt_span_event(span, "e", NULL, 0);
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
}
END_TEST

/* --- a sampler of the program's own ------------------------------------------------------- */

static enum lt_decision record_only(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	static const struct lt_attr extra = {
		.key = {"sampler", 7}, .type = LT_TYPE_BOOL, .value.boolean = true};
	ck_assert_uint_eq(parameters->n_attrs, 1);
	result->attrs = &extra;
	result->n_attrs = 1;
	result->tracestate = lt_slice("s=1");
	return LT_RECORD_ONLY;
}

START_TEST(record_only_records_and_does_not_export)
{
	static const struct lt_sampler_impl impl = {.sample = record_only};
	static struct lt_sampler sampler = {&impl};
	provider = memory_provider(&exporter, (struct lt_provider_options){.sampler = &sampler});
	struct lt_attr attr = lt_int("at.start", 1);
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "check", NULL), "s",
		&(struct lt_span_options){.attrs = &attr, .n_attrs = 1});
	ck_assert(lt_span_is_recording(span));
	ck_assert_uint_eq(lt_span_read(span)->attrs.n, 2);
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert_uint_eq(context.flags & LT_FLAG_SAMPLED, 0);
	ck_assert_str_eq(context.tracestate, "s=1");
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
}
END_TEST

static enum lt_decision forge(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	result->tracestate = lt_slice("s=1\r\nX-Forged: 1");
	return LT_RECORD_AND_SAMPLE;
}

START_TEST(a_malformed_tracestate_of_a_samplers_counts_as_none)
{
	static const struct lt_sampler_impl impl = {.sample = forge};
	static struct lt_sampler sampler = {&impl};
	provider = memory_provider(&exporter, (struct lt_provider_options){.sampler = &sampler});
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "check", NULL), "s", NULL);
	ck_assert_str_eq(lt_span_get_context(span).tracestate, "");
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_span(exporter, 0)->context.tracestate.len, 0);
}
END_TEST

START_TEST(a_ratio_out_of_range_is_refused)
{
	struct lt_sampler *sampler;
	ck_assert_int_eq(lt_sampler_ratio_new(1.01, &sampler), -EINVAL);
	ck_assert_int_eq(lt_sampler_ratio_new(-0.01, &sampler), -EINVAL);
	ck_assert_int_eq(lt_sampler_ratio_new(0.0 / 0.0, &sampler), -EINVAL);
	provider = NULL;
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("sampler");
	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_loop_test(
		tests, the_variable_names_the_sampler, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, a_quarter_is_about_a_quarter);
	tcase_add_test(tests, an_unsampled_span_hands_its_context_on);
	tcase_add_test(tests, record_only_records_and_does_not_export);
	tcase_add_test(tests, a_malformed_tracestate_of_a_samplers_counts_as_none);
	tcase_add_test(tests, a_ratio_out_of_range_is_refused);
	return run_tests(tests, "sampler");
}
