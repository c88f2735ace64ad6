/* SPDX-License-Identifier: Apache-2.0 */
/* check_threshold.c - consistent probability sampling: thresholds, randomness, what the tracestate
 * says of both, and the samplers that are made of it.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/ */
#include "check_main.h"
#include "trace/sampler.h"
#include "trace/threshold.h"

#include <stdio.h>

/* --- numbers ------------------------------------------------------------------------------ */

/* The specification's table, with its recommended precision of four digits. */
static const struct {
	double ratio;
	const char *threshold;
} ratios[] = {
	{1, "0"},
	{0.5, "8"},
	{0.3333333333333333, "aaab"},
	{0.25, "c"},
	{0.2, "cccd"},
	{0.125, "e"},
	{0.1, "e666"},
	{0.0625, "f"},
	{0.01, "fd70a"},
	{0.001, "ffbe77"},
	{0.0001, "fff9724"},
	{0.00001, "ffff583a"},
	{0.000001, "ffffef39"},
};

START_TEST(a_ratio_is_the_threshold_of_the_specifications_table)
{
	char text[LT_THRESHOLD_DIGITS + 1];
	lt_threshold_print(lt_threshold_of_ratio(ratios[_i].ratio), text);
	ck_assert_str_eq(text, ratios[_i].threshold);
}
END_TEST

START_TEST(a_ratio_that_rounds_to_nothing_samples_nothing)
{
	ck_assert_uint_eq(lt_threshold_of_ratio(0), LT_THRESHOLD_NEVER);
	ck_assert_uint_eq(lt_threshold_of_ratio(0x1p-58), LT_THRESHOLD_NEVER);
	ck_assert_uint_lt(lt_threshold_of_ratio(0x1p-56), LT_THRESHOLD_END);
}
END_TEST

/* --- decisions ---------------------------------------------------------------------------- */

enum which { RATIO_HALF, PARENT_BASED, ON, OFF, COMPOSITE_PARENT, ALWAYS_RECORD };

static struct lt_sampler *new_sampler(enum which which)
{
	struct lt_sampler *sampler = NULL, *half = NULL;
	struct lt_composable *composable = NULL;
	if (which == ON)
		return lt_sampler_always_on();
	if (which == OFF)
		return lt_sampler_always_off();
	if (which == COMPOSITE_PARENT) {
		ck_assert_int_eq(lt_composable_probability_new(0.5, &composable), 0);
		ck_assert_int_eq(lt_composable_parent_threshold_new(composable, &composable), 0);
		ck_assert_int_eq(lt_sampler_composite_new(composable, &sampler), 0);
		return sampler;
	}
	ck_assert_int_eq(lt_sampler_ratio_new(0.5, &half), 0);
	if (which == RATIO_HALF)
		return half;
	if (which == PARENT_BASED)
		ck_assert_int_eq(lt_sampler_parent_based_new(half, &sampler), 0);
	else
		ck_assert_int_eq(lt_sampler_always_record_new(half, &sampler), 0);
	return sampler;
}

#define ROOT "root" /* no parent */
#define SAME NULL   /* the parent's */
#define LOW 0x7f
#define HIGH 0x80 /* of the first random byte: half of all traces */

static const struct {
	enum which which;
	uint8_t random;	   /* the trace id's first random byte */
	const char *state; /* the parent's tracestate, or ROOT */
	bool parent_sampled;
	enum lt_decision decision;
	const char *expected; /* tracestate; "": none */
} cases[] = {
	{RATIO_HALF, HIGH, ROOT, 0, LT_RECORD_AND_SAMPLE, "ot=th:8"},
	{RATIO_HALF, LOW, ROOT, 0, LT_DROP, SAME},
	/* whatever the parent is */
	{RATIO_HALF, HIGH, "", false, LT_RECORD_AND_SAMPLE, "ot=th:8"},
	{RATIO_HALF, LOW, "", true, LT_DROP, SAME},
	/* explicit randomness wins, and stays */
	{RATIO_HALF, LOW, "ot=rv:80000000000000", 0, LT_RECORD_AND_SAMPLE,
		"ot=th:8;rv:80000000000000"},
	{RATIO_HALF, HIGH, "ot=rv:7fffffffffffff", true, LT_DROP, SAME},
	{RATIO_HALF, LOW, "ot=rv:6e6d1a75832a2f", true, LT_DROP, SAME},
	/* it must have 14 lower-case digits */
	{RATIO_HALF, LOW, "ot=rv:8000000000000", true, LT_DROP, SAME},
	{RATIO_HALF, LOW, "ot=rv:8000000000000A", true, LT_DROP, SAME},
	/* the threshold is replaced; members of others stay; ours moves to the left */
	{RATIO_HALF, HIGH, "a=1,ot=th:c;rv:ffffffffffffff;x:y,b=2", true, LT_RECORD_AND_SAMPLE,
		"ot=th:8;rv:ffffffffffffff;x:y,a=1,b=2"},
	/* a malformed randomness does not become well-formed where its blank is trimmed */
	{RATIO_HALF, HIGH, "ot=rv:6e6d1af5831a2f ;th:c", true, LT_RECORD_AND_SAMPLE, "ot=th:8"},
	{RATIO_HALF, LOW, "a=1,ot=th:0,b=2", true, LT_DROP, "a=1,b=2"},
	{RATIO_HALF, LOW, "a=1,ot=th:0;x:y", true, LT_DROP, "ot=x:y,a=1"},
	{RATIO_HALF, HIGH, "not=th:0", true, LT_RECORD_AND_SAMPLE, "ot=th:8,not=th:0"},
	/* parent-based: handed on, unless it disagrees with the flag */
	{PARENT_BASED, HIGH, ROOT, 0, LT_RECORD_AND_SAMPLE, "ot=th:8"},
	{PARENT_BASED, HIGH, "ot=th:8,a=1", true, LT_RECORD_AND_SAMPLE, SAME},
	{PARENT_BASED, LOW, "ot=th:8,a=1", false, LT_DROP, SAME},
	{PARENT_BASED, LOW, "ot=th:8,a=1", true, LT_RECORD_AND_SAMPLE, "a=1"},
	{PARENT_BASED, HIGH, "ot=th:8", false, LT_DROP, ""},
	{PARENT_BASED, LOW, "ot=th:8;rv:90000000000000", true, LT_RECORD_AND_SAMPLE, SAME},
	{PARENT_BASED, HIGH, "a=1", true, LT_RECORD_AND_SAMPLE, SAME},
	/* always: the threshold is that of the sampler */
	{ON, LOW, "ot=th:c,a=1", false, LT_RECORD_AND_SAMPLE, "ot=th:0,a=1"},
	{ON, LOW, "a=1", false, LT_RECORD_AND_SAMPLE, SAME},
	{ON, LOW, ROOT, 0, LT_RECORD_AND_SAMPLE, SAME},
	{OFF, HIGH, "ot=th:c,a=1", true, LT_DROP, "a=1"},
	/* composite: the parent's threshold, else its flag, without a claim to a probability */
	{COMPOSITE_PARENT, HIGH, ROOT, 0, LT_RECORD_AND_SAMPLE, "ot=th:8"},
	{COMPOSITE_PARENT, LOW, ROOT, 0, LT_DROP, SAME},
	{COMPOSITE_PARENT, HIGH, "ot=th:7", false, LT_RECORD_AND_SAMPLE, SAME},
	{COMPOSITE_PARENT, LOW, "ot=th:8", true, LT_DROP, ""},
	{COMPOSITE_PARENT, LOW, "a=1", true, LT_RECORD_AND_SAMPLE, SAME},
	{COMPOSITE_PARENT, HIGH, "a=1", false, LT_DROP, SAME},
	{ALWAYS_RECORD, HIGH, ROOT, 0, LT_RECORD_AND_SAMPLE, "ot=th:8"},
	{ALWAYS_RECORD, LOW, ROOT, 0, LT_RECORD_ONLY, SAME},
};

START_TEST(a_decision_and_its_tracestate_are_what_the_specification_wants)
{
	uint8_t trace_id[16] = {1, [9] = cases[_i].random};
	struct lt_span_context_view parent = {.span_id = {1},
		.remote = true,
		.flags = cases[_i].parent_sampled ? LT_FLAG_SAMPLED : 0,
		.tracestate = lt_slice(cases[_i].state)};
	struct lt_sampling_result result;
	memset(&result, 'x', sizeof(result));
	result.tracestate = (struct lt_slice){NULL, 0};
	struct lt_sampler *sampler = new_sampler(cases[_i].which);
	ck_assert_int_eq(sampler->impl->sample(sampler,
				 &(struct lt_sampling_parameters){
					 .parent = strcmp(cases[_i].state, ROOT) ? &parent : NULL,
					 .trace_id = trace_id,
				 },
				 &result),
		cases[_i].decision);
	if (cases[_i].expected) {
		char text[LT_TRACESTATE_MAX + 1];
		ck_assert_ptr_nonnull(result.tracestate.ptr);
		memcpy(text, result.tracestate.ptr, result.tracestate.len);
		text[result.tracestate.len] = '\0';
		ck_assert_str_eq(text, cases[_i].expected);
	} else {
		ck_assert_ptr_null(result.tracestate.ptr);
	}
	lt_sampler_free(sampler);
}
END_TEST

/* --- through a provider ------------------------------------------------------------------- */

static struct lt_exporter *exporter;
static struct lt_provider *provider;

static struct lt_tracer *tracer_with(struct lt_sampler *sampler)
{
	provider = memory_provider(&exporter, (struct lt_provider_options){.sampler = sampler});
	return lt_tracer_get(provider, "check", NULL);
}

static void tear_down(void)
{
	lt_provider_free(provider);
	provider = NULL;
}

static struct lt_span_context started(
	struct lt_tracer *tracer, const struct lt_span_context *parent)
{
	struct lt_span *span =
		lt_span_start(tracer, "s", &(struct lt_span_options){.parent = parent});
	struct lt_span_context context = lt_span_get_context(span);
	lt_span_end(span);
	return context;
}

START_TEST(a_threshold_goes_from_the_root_to_all_below_it)
{
	struct lt_sampler *root = NULL, *sampler = NULL;
	ck_assert_int_eq(lt_sampler_ratio_new(0.5, &root), 0);
	ck_assert_int_eq(lt_sampler_parent_based_new(root, &sampler), 0);
	struct lt_tracer *tracer = tracer_with(sampler);
	unsigned n_sampled = 0;
	for (int i = 0; i < 64; i++) {
		struct lt_span_context context = started(tracer, NULL);
		struct lt_span_context child = started(tracer, &context);
		bool is_high = context.trace_id[9] >= HIGH;
		ck_assert_int_eq(context.flags & LT_FLAG_SAMPLED, is_high);
		ck_assert_str_eq(context.tracestate, is_high ? "ot=th:8" : "");
		ck_assert_int_eq(child.flags, context.flags);
		ck_assert_str_eq(child.tracestate, context.tracestate);
		n_sampled += is_high;
	}
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 2 * n_sampled);
}
END_TEST

START_TEST(a_disagreeing_threshold_of_a_remote_parent_is_removed)
{
	struct lt_tracer *tracer = tracer_with(NULL);
	struct lt_span_context remote = {.trace_id = {1},
		.span_id = {1},
		.flags = LT_FLAG_SAMPLED,
		.remote = true,
		.tracestate = "ot=th:c,a=1"};
	ck_assert_str_eq(started(tracer, &remote).tracestate, "a=1");
}
END_TEST

static enum lt_decision record_only(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	return LT_RECORD_ONLY;
}

START_TEST(each_kind_of_parent_has_its_sampler)
{
	static const struct lt_sampler_impl impl = {.sample = record_only};
	static struct lt_sampler own = {&impl};
	struct lt_sampler *off = lt_sampler_always_off();
	const struct lt_parent_based_options each[] = {
		{.root = &own},
		{.root = off, .remote_sampled = &own},
		{.root = off, .remote_not_sampled = &own},
		{.root = off, .local_sampled = &own},
		{.root = off, .local_not_sampled = &own},
	};
	for (size_t kind = 0; kind < sizeof(each) / sizeof(each[0]); kind++) {
		struct lt_sampler *sampler = NULL;
		ck_assert_int_eq(lt_sampler_parent_based_with(&each[kind], &sampler), 0);
		for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
			struct lt_sampling_result result = {0};
			struct lt_span_context_view parent = {.remote = i == 1 || i == 2,
				.flags = i == 1 || i == 3 ? LT_FLAG_SAMPLED : 0};
			struct lt_sampling_parameters parameters = {
				.parent = i ? &parent : NULL, .trace_id = (const uint8_t[16]){1}};
			enum lt_decision others =
				i && parent.flags ? LT_RECORD_AND_SAMPLE : LT_DROP;
			ck_assert_int_eq(sampler->impl->sample(sampler, &parameters, &result),
				i == kind ? LT_RECORD_ONLY : others);
		}
		lt_sampler_free(sampler);
	}
}
END_TEST

static bool is_checkout(const struct lt_sampling_parameters *parameters, void *user)
{
	return parameters->name.len == strlen(user) &&
	       memcmp(parameters->name.ptr, user, parameters->name.len) == 0;
}

START_TEST(the_first_rule_that_matches_decides_and_annotations_add_up)
{
	struct lt_composable *inner = NULL, *outer = NULL, *based = NULL, *root = NULL;
	struct lt_sampler *sampler = NULL;
	ck_assert_int_eq(lt_composable_annotating_new(lt_composable_always_on(),
				 LT_ATTRS(lt_str("rule", "checkout"), lt_int("level", 1)), &inner),
		0);
	struct lt_sampling_rule rules[] = {
		{is_checkout, (char[]){"checkout"}, inner},
		{is_checkout, (char[]){"health"}, lt_composable_always_off()},
		{is_checkout, (char[]){"checkout"}, lt_composable_always_off()},
	};
	ck_assert_int_eq(lt_composable_rule_based_new(rules, 3, &based), 0);
	ck_assert_int_eq(
		lt_composable_annotating_new(based, LT_ATTRS(lt_int("level", 2)), &outer), 0);
	ck_assert_int_eq(lt_composable_parent_threshold_new(outer, &root), 0);
	ck_assert_int_eq(lt_sampler_composite_new(root, &sampler), 0);
	struct lt_tracer *tracer = tracer_with(sampler);
	lt_span_end(lt_span_start(tracer, "health", NULL));
	lt_span_end(lt_span_start(tracer, "other", NULL));
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
	lt_span_end(lt_span_start(tracer, "checkout", NULL));
	const struct lt_span_data *span = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(span->attrs.n, 2);
	ck_assert_mem_eq(lt_attributes_find(&span->attrs, "rule")->value.string.ptr, "checkout", 8);
	ck_assert_int_eq(lt_attributes_find(&span->attrs, "level")->value.integer, 2);
	ck_assert_mem_eq(span->context.tracestate.ptr, "ot=th:0", 7);
}
END_TEST

START_TEST(always_record_shows_all_to_processors_and_exports_what_is_sampled)
{
	struct lt_sampler *sampler = NULL;
	ck_assert_int_eq(lt_sampler_always_record_new(lt_sampler_always_off(), &sampler), 0);
	struct lt_tracer *tracer = tracer_with(sampler);
	struct lt_span *span = lt_span_start(tracer, "s", NULL);
	ck_assert(lt_span_is_recording(span));
	ck_assert_int_eq(lt_span_get_context(span).flags & LT_FLAG_SAMPLED, 0);
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 0);
}
END_TEST

START_TEST(a_full_tracestate_keeps_the_threshold_and_loses_the_last_member)
{
	struct lt_sampler *sampler = NULL;
	ck_assert_int_eq(lt_sampler_ratio_new(1, &sampler), 0);
	struct lt_tracer *tracer = tracer_with(sampler);
	struct lt_span_context remote = {.trace_id = {1}, .span_id = {1}, .remote = true};
	for (int i = 0; i < 32; i++)
		sprintf(remote.tracestate + strlen(remote.tracestate), "%sk%d=v", i ? "," : "", i);
	struct lt_span_context context = started(tracer, &remote);
	ck_assert_mem_eq(context.tracestate, "ot=th:0,k0=v,", 13);
	ck_assert_ptr_nonnull(strstr(context.tracestate, ",k30=v"));
	ck_assert_ptr_null(strstr(context.tracestate, "k31=v"));
}
END_TEST

/* --- ids ---------------------------------------------------------------------------------- */

static uint8_t next_id;

static void make_trace_id(struct lt_id_generator *self, uint8_t ret_trace_id[16])
{
	memset(ret_trace_id, next_id, 16);
}

static void make_span_id(struct lt_id_generator *self, uint8_t ret_span_id[8])
{
	memset(ret_span_id, next_id, 8);
}

static int n_freed;

static void free_generator(struct lt_id_generator *self)
{
	n_freed++;
}

START_TEST(ids_come_from_the_programs_generator)
{
	static const struct lt_id_generator_impl impl = {
		.trace_id = make_trace_id, .span_id = make_span_id, .free = free_generator};
	static struct lt_id_generator generator = {&impl};
	provider = memory_provider(
		&exporter, (struct lt_provider_options){.id_generator = &generator});
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	next_id = 0xab;
	struct lt_span_context root = started(tracer, NULL);
	ck_assert_str_eq(lt_span_context_ids(&root).trace_id, "abababababababababababababababab");
	ck_assert_str_eq(lt_span_context_ids(&root).span_id, "abababababababab");
	ck_assert_int_eq(root.flags & LT_FLAG_RANDOM, 0);
	next_id = 0xcd;
	struct lt_span_context child = started(tracer, &root);
	ck_assert_mem_eq(child.trace_id, root.trace_id, 16);
	ck_assert_str_eq(lt_span_context_ids(&child).span_id, "cdcdcdcdcdcdcdcd");
	next_id = 0; /* none: a random one */
	root = started(tracer, NULL);
	ck_assert(lt_span_context_is_valid(&root));
	lt_provider_free(provider);
	provider = NULL;
	ck_assert_int_eq(n_freed, 1);
}
END_TEST

START_TEST(an_unsampled_span_has_a_generated_id_too)
{
	static const struct lt_id_generator_impl impl = {
		.trace_id = make_trace_id, .span_id = make_span_id, .is_random = true};
	static struct lt_id_generator generator = {&impl};
	provider =
		memory_provider(&exporter, (struct lt_provider_options){.id_generator = &generator,
						   .sampler = lt_sampler_always_off()});
	next_id = 0x11;
	struct lt_span_context root = started(lt_tracer_get(provider, "check", NULL), NULL);
	ck_assert_str_eq(lt_span_context_ids(&root).span_id, "1111111111111111");
	ck_assert_int_eq(root.flags, LT_FLAG_RANDOM);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("threshold");
	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_loop_test(tests, a_ratio_is_the_threshold_of_the_specifications_table, 0,
		sizeof(ratios) / sizeof(ratios[0]));
	tcase_add_test(tests, a_ratio_that_rounds_to_nothing_samples_nothing);
	tcase_add_loop_test(tests, a_decision_and_its_tracestate_are_what_the_specification_wants,
		0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, a_threshold_goes_from_the_root_to_all_below_it);
	tcase_add_test(tests, a_disagreeing_threshold_of_a_remote_parent_is_removed);
	tcase_add_test(tests, each_kind_of_parent_has_its_sampler);
	tcase_add_test(tests, the_first_rule_that_matches_decides_and_annotations_add_up);
	tcase_add_test(tests, always_record_shows_all_to_processors_and_exports_what_is_sampled);
	tcase_add_test(tests, a_full_tracestate_keeps_the_threshold_and_loses_the_last_member);
	tcase_add_test(tests, ids_come_from_the_programs_generator);
	tcase_add_test(tests, an_unsampled_span_has_a_generated_id_too);
	return run_tests(tests, "threshold");
}
