/* SPDX-License-Identifier: Apache-2.0 */
/* check_no_memory_api.c - each allocation failing in turn, in what a program puts together and carries: baggage, contexts,
 * propagators, resources, samplers, processors, exporters.  A call that fails has changed nothing and freed what it takes. */
#include "failing_malloc.h"

#include <libtrace/context.h>
#include <stdio.h>

#ifdef CAN_FAIL_MALLOC

#include "headers_carrier.h"

/* --- headers ------------------------------------------------------------------------------ */

static struct headers incoming = {
	.items = {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		{"tracestate", "ot=th:8,vendor=1"},
		{"baggage", "user=J%C3%BCrgen;p=1, list = a%2Cb,empty="},
		{"b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"},
		{"uber-trace-id", "af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1"}},
	.n = 5};

/* --- baggage ------------------------------------------------------------------------------ */

static void change_baggage(void)
{
	struct lt_baggage *one, *two, *without;
	if (lt_baggage_set(NULL, "user", "J\xc3\xbcrgen", "p=1", &one) != 0)
		return;
	if (lt_baggage_set(one, "plan", "gold", NULL, &two) == 0) {
		CHECKED(ck_assert_uint_eq(lt_baggage_count(two), 2));
		if (lt_baggage_remove(two, "user", &without) == 0) {
			CHECKED(ck_assert_ptr_null(lt_baggage_get(without, "user").ptr));
			lt_baggage_release(without);
		}
		CHECKED(ck_assert_slice_eq(lt_baggage_get(two, "user"), "J\xc3\xbcrgen"));
		lt_baggage_release(two);
	}
	CHECKED(ck_assert_uint_eq(lt_baggage_count(one), 1));
	lt_baggage_release(one);
}

START_TEST(a_baggage_that_cannot_be_changed_is_as_it_was)
{
	ck_assert_int_ge(sweep(change_baggage), 3);
}
END_TEST

/* --- propagators -------------------------------------------------------------------------- */

static void carry(void)
{
	struct lt_propagator *const all[] = {lt_propagator_tracecontext(), lt_propagator_baggage(),
		lt_propagator_b3(), lt_propagator_b3multi(), lt_propagator_jaeger()};
	struct lt_propagator *composite;
	if (lt_propagator_composite_new(all, sizeof(all) / sizeof(all[0]), &composite) != 0)
		return;
	struct lt_span_context context = {0};
	struct lt_baggage *baggage = NULL;
	static struct headers sent;
	sent.n = 0;
	int err = composite->impl->extract(composite, &headers_impl, &incoming, &context, &baggage);
	/* Without memory for the baggage the span's context is there all the same. */
	CHECKED(ck_assert_int_eq(err, 0));
	CHECKED(ck_assert(lt_span_context_is_valid(&context)));
	composite->impl->inject(composite, &headers_impl, &sent, &context, baggage);
	CHECKED(ck_assert_str_eq(sent.items[0].value, incoming.items[0].value));
	lt_baggage_release(baggage);
	composite->impl->free(composite);
}

START_TEST(a_span_context_is_carried_where_its_baggage_has_no_memory)
{
	ck_assert_int_ge(sweep(carry), 2);
}
END_TEST

static void carry_by_environment(void)
{
	static char name[] = "HOME=/", traceparent[] = "TRACEPARENT=old";
	static char *const vars[] = {name, traceparent, NULL};
	struct lt_environment *environment;
	if (lt_environment_new(vars, &environment) != 0)
		return;
	const struct lt_carrier_impl *carrier = lt_environment_carrier();
	int errors[] = {carrier->set(environment, "tracestate", "a=1"),
		carrier->set(environment, "traceparent", "new")};
	struct lt_slice value;
	bool has_state = carrier->get(environment, "tracestate", 0, &value);
	CHECKED(ck_assert_int_eq(has_state, errors[0] == 0));
	carrier->get(environment, "traceparent", 0, &value);
	CHECKED(ck_assert_slice_eq(value, errors[1] == 0 ? "new" : "old"));
	CHECKED(ck_assert_str_eq(lt_environment_vars(environment)[0], "HOME=/"));
	lt_environment_free(environment);
}

START_TEST(an_environment_keeps_its_variables)
{
	ck_assert_int_ge(sweep(carry_by_environment), 5);
}
END_TEST

/* --- contexts ----------------------------------------------------------------------------- */

static int n_values; /* that are still to be freed */

static void free_value(void *value)
{
	--*(int *)value;
}

static void change_contexts(void)
{
	static const struct lt_context_key key = {"key"};
	struct lt_context *remote = lt_context_extract(NULL, &headers_impl, &incoming);
	n_values = 1;
	struct lt_context *valued = lt_context_with_value(remote, &key, &n_values, free_value);
	struct lt_scope scope;
	lt_scope_enter_context(&scope, valued);
	struct lt_context *current = lt_context_current();
	CHECKED(ck_assert(lt_context_value(current, &key) == NULL || n_values == 1));
	lt_scope_leave(&scope);
	struct lt_context *bare = lt_context_with_span(current, NULL);
	CHECKED(ck_assert_ptr_null(lt_context_span(bare)));
	lt_context_release(bare);
	lt_context_release(current);
	lt_context_release(valued);
	lt_context_release(remote);
	CHECKED(ck_assert_int_eq(n_values, 0)); /* taken, whatever failed */
}

START_TEST(a_context_that_cannot_be_made_is_empty_and_frees_its_value)
{
	ck_assert_int_ge(sweep(change_contexts), 5);
}
END_TEST

/* --- resources ---------------------------------------------------------------------------- */

static void merge_resources(void)
{
	struct lt_resource *resources[4] = {NULL};
	static const char *const names[] = {"service", "process", "host", "os", "container", "k8s"};
	struct lt_resource_detector *detectors[6];
	for (int i = 0; i < 6; i++)
		detectors[i] = lt_resource_detector(names[i]);
	if (lt_resource_create(
		    LT_ATTRS(lt_str("a", "text"), lt_map("map", LT_ATTRS(lt_int("b", 1)))),
		    "https://example.com/1", &resources[0]) == 0 &&
		lt_resource_detect(detectors, 6, &resources[1]) == 0 &&
		lt_resource_merge(resources[0], resources[1], &resources[2]) == 0 &&
		lt_resource_new(LT_ATTRS(lt_str("c", "text")), &resources[3]) == 0) {
		const struct lt_attributes *merged = lt_resource_attributes(resources[2]);
		CHECKED(ck_assert_ptr_nonnull(lt_attributes_find(merged, "map")));
	}
	for (int i = 0; i < 4; i++)
		lt_resource_free(resources[i]);
}

START_TEST(a_resource_is_whole_or_an_error)
{
	ck_assert_int_ge(sweep(merge_resources), 10);
}
END_TEST

/* --- samplers ----------------------------------------------------------------------------- */

static bool is_server(const struct lt_sampling_parameters *parameters, void *user)
{
	return parameters->kind == LT_KIND_SERVER;
}

static struct lt_sampler *new_sampler(void)
{
	struct lt_sampling_rule rules[2] = {{.matches = is_server}, {0}};
	struct lt_composable *by_rule;
	struct lt_sampler *composite, *recording, *ratio, *by_parent;
	if (lt_composable_probability_new(0.5, &rules[0].delegate) != 0)
		return NULL;
	if (lt_composable_annotating_new(lt_composable_always_on(), LT_ATTRS(lt_str("rule", "2")),
		    &rules[1].delegate) != 0) {
		rules[0].delegate->impl->free(rules[0].delegate);
		return NULL;
	}
	if (lt_composable_rule_based_new(rules, 2, &by_rule) != 0 ||
		lt_sampler_composite_new(by_rule, &composite) != 0 ||
		lt_sampler_always_record_new(composite, &recording) != 0)
		return NULL;
	if (lt_sampler_ratio_new(0.25, &ratio) != 0) {
		recording->impl->free(recording);
		return NULL;
	}
	struct lt_parent_based_options options = {.root = recording, .remote_sampled = ratio};
	return lt_sampler_parent_based_with(&options, &by_parent) == 0 ? by_parent : NULL;
}

static void sample(void)
{
	struct lt_sampler *sampler = new_sampler();
	struct lt_provider_options options = {.sampler = sampler};
	struct lt_provider *provider;
	if (!sampler || lt_provider_new(&options, &provider) != 0)
		return;
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	lt_span_end(lt_span_start(tracer, "internal", NULL));
	lt_span_end(
		lt_span_start(tracer, "server", &(struct lt_span_options){.kind = LT_KIND_SERVER}));
	lt_provider_free(provider);
}

START_TEST(a_provider_that_cannot_be_made_frees_its_samplers)
{
	setenv("OTEL_TRACES_EXPORTER", "none", 1);
	ck_assert_int_ge(sweep(sample), 8);
}
END_TEST

/* --- processors and exporters ------------------------------------------------------------- */

static struct lt_processor *new_simple(int (*new_exporter)(struct lt_exporter **ret_exporter))
{
	struct lt_exporter *exporter;
	struct lt_processor *processor;
	if (new_exporter(&exporter) != 0)
		return NULL;
	return lt_processor_simple_new(exporter, &processor) == 0 ? processor : NULL;
}

static int new_file(struct lt_exporter **ret_exporter)
{
	return lt_exporter_file_new("/dev/null", ret_exporter);
}

static void export_twice(void)
{
	struct lt_processor *both[2] = {new_simple(lt_exporter_memory_new), new_simple(new_file)};
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	if (!both[0] || !both[1]) {
		for (int i = 0; i < 2; i++)
			if (both[i])
				both[i]->impl->free(both[i]);
		return;
	}
	if (lt_processor_composite_new(both, 2, &options.processor) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return;
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	struct lt_span *span = lt_span_start(tracer, "span", NULL);
	lt_span_set(span, LT_ATTRS(lt_map("map", LT_ATTRS(lt_str("a", "text")))));
	lt_span_end(span);
	lt_provider_free(provider);
}

START_TEST(processors_that_share_spans_are_freed_whichever_fails)
{
	setenv("OTEL_C_CONSOLE_FILE", "/dev/null", 1);
	ck_assert_int_ge(sweep(export_twice), 8);
}
END_TEST

static void print_memory(void)
{
	struct lt_exporter *exporter;
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	if (lt_exporter_memory_new(&exporter) != 0 ||
		lt_processor_simple_new(exporter, &options.processor) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return;
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	lt_span_end(lt_span_start(tracer, "span", &(struct lt_span_options){.root = true}));
	size_t n = lt_exporter_memory_count(exporter);
	char *text = lt_exporter_memory_print(exporter);
	CHECKED(ck_assert(!text || strcmp(text, n ? "span\n" : "") == 0));
	free(text);
	lt_exporter_memory_reset(exporter);
	lt_provider_free(provider);
}

START_TEST(the_memory_exporters_text_is_whole_or_none)
{
	ck_assert_int_ge(sweep(print_memory), 5);
}
END_TEST

static void new_otlp(void)
{
	static const struct lt_otlp_header headers[] = {{"authorization", "Bearer x"}, {"a", "b"}};
	static const struct lt_otlp_http_options options = {
		.endpoint = "http://localhost:1/v1/traces",
		.compression = "gzip",
		.headers = headers,
		.n_headers = 2,
		.certificate = "/ca.pem"};
	struct lt_exporter *exporter;
	if (lt_exporter_otlp_http_new(&options, &exporter) == 0)
		exporter->impl->free(exporter);
}

START_TEST(an_otlp_exporter_is_whole_or_an_error)
{
	ck_assert_int_ge(sweep(new_otlp), 5);
}
END_TEST

int main(void)
{
	setenv("OTEL_LOG_LEVEL", "none", 1);
	TCase *tests = tcase_create("no_memory_api");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_baggage_that_cannot_be_changed_is_as_it_was);
	tcase_add_test(tests, a_span_context_is_carried_where_its_baggage_has_no_memory);
	tcase_add_test(tests, an_environment_keeps_its_variables);
	tcase_add_test(tests, a_context_that_cannot_be_made_is_empty_and_frees_its_value);
	tcase_add_test(tests, a_resource_is_whole_or_an_error);
	tcase_add_test(tests, a_provider_that_cannot_be_made_frees_its_samplers);
	tcase_add_test(tests, processors_that_share_spans_are_freed_whichever_fails);
	tcase_add_test(tests, the_memory_exporters_text_is_whole_or_none);
	tcase_add_test(tests, an_otlp_exporter_is_whole_or_an_error);
	return run_tests(tests, "no_memory_api");
}

#else

int main(void)
{
	puts("1..0 # SKIP the malloc of this C library or of ThreadSanitizer cannot be replaced");
	return 0;
}

#endif
