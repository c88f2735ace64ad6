/* SPDX-License-Identifier: Apache-2.0 */
/* check_no_memory.c - libtrace with each of its allocations failing in turn: no crash, no leak, and
 * what is lost is counted. */
#include "encode/encode.h"
#include "failing_malloc.h"

#include <stdio.h>

#ifdef CAN_FAIL_MALLOC

#define N_EVENTS 40
#define N_LINKS 20
#define N_ATTRS 60

/* More than its block and its first chunk hold. */
static struct lt_span *start_large(struct lt_tracer *tracer)
{
	static const char bytes[300] = "some text";
	struct lt_slice text = {bytes, sizeof(bytes)};
	struct lt_span_context context = {.trace_id = {1}, .span_id = {1}};
	struct lt_span *span = lt_span_start(tracer, "large", NULL);
	for (int i = 0; i < N_ATTRS; i++) {
		char key[16];
		snprintf(key, sizeof(key), "key %d", i);
		lt_span_set(span, LT_ATTRS(lt_strn(key, text)));
	}
	for (int i = 0; i < N_EVENTS; i++)
		lt_span_event(span, "event", LT_ATTRS(lt_int("i", i)));
	for (int i = 0; i < N_LINKS; i++)
		lt_span_link(span, &context, LT_ATTRS(lt_int("i", i)));
	return span;
}

static void check_large(const struct lt_span_data *span)
{
	ck_assert_uint_eq(span->attrs.n + span->attrs.n_dropped, N_ATTRS);
	ck_assert_uint_eq(span->n_events + span->n_dropped_events, N_EVENTS);
	ck_assert_uint_eq(span->n_links + span->n_dropped_links, N_LINKS);
}

static void record_a_large_span(void)
{
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	struct lt_exporter *exporter;
	if (lt_exporter_memory_new(&exporter) != 0 ||
		lt_processor_simple_new(exporter, &options.processor) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return;
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	struct lt_span *span = start_large(tracer);
	if (span)
		CHECKED(check_large(lt_span_read(span)));
	lt_span_end(span);
	for (size_t i = 0; i < lt_exporter_memory_count(exporter); i++)
		CHECKED(check_large(lt_exporter_memory_span(exporter, i)));
	lt_provider_free(provider);
}

START_TEST(what_a_span_cannot_hold_is_counted_in_it)
{
	ck_assert_int_gt(sweep(record_a_large_span), 100);
}
END_TEST

#define N_SPANS 30 /* fewer than a magazine of the pool, which is kept for the next thread */

static void export_by_batches(void)
{
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	struct lt_exporter *exporter;
	size_t n_ended = 0;
	if (lt_exporter_memory_new(&exporter) != 0 ||
		lt_processor_batch_new(exporter,
			&(struct lt_batch_options){.max_queue_size = 16, .max_batch_size = 4},
			&options.processor) != 0 ||
		lt_provider_new(&options, &provider) != 0)
		return;
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	for (int i = 0; i < N_SPANS; i++) {
		struct lt_span *span = lt_span_start(tracer, "span", NULL);
		n_ended += span != NULL;
		lt_span_end(span);
	}
	lt_provider_shutdown(provider, 5000);
	struct lt_batch_stats stats = lt_processor_batch_stats(options.processor);
	size_t n_dropped = stats.n_dropped_full + stats.n_dropped_bytes + stats.n_dropped_failed +
			   stats.n_dropped_rejected + stats.n_dropped_late;
	CHECKED(ck_assert_uint_eq(stats.n_queued, 0));
	CHECKED(ck_assert_uint_eq(stats.n_exported + n_dropped, n_ended));
	CHECKED(ck_assert_uint_ge(lt_exporter_memory_count(exporter), stats.n_exported));
	lt_provider_free(provider);
}

START_TEST(what_a_batch_processor_loses_is_counted_by_it)
{
	ck_assert_int_gt(sweep(export_by_batches), 50);
}
END_TEST

static void assemble_from_environment(void)
{
	struct lt_provider *provider;
	if (lt_provider_new(&(struct lt_provider_options){0}, &provider) == 0) {
		lt_tracer_get(provider, "check", "1");
		int err = lt_provider_shutdown(provider, 1000);
		CHECKED(ck_assert_int_eq(err, 0));
		lt_provider_free(provider);
	}
}

START_TEST(a_provider_of_the_environment_is_whole_or_an_error)
{
	setenv("OTEL_SERVICE_NAME", "a service", 1);
	setenv("OTEL_RESOURCE_ATTRIBUTES", "a=b,c=d%20e,deployment.environment.name=test", 1);
	setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio", 1);
	setenv("OTEL_TRACES_SAMPLER_ARG", "0.5", 1);
	setenv("OTEL_EXPORTER_OTLP_HEADERS", "x=y,a=b", 1);
	static const char *const exporters[] = {"otlp", "console", "none"};
	for (size_t i = 0; i < sizeof(exporters) / sizeof(exporters[0]); i++) {
		setenv("OTEL_TRACES_EXPORTER", exporters[i], 1);
		ck_assert_int_gt(sweep(assemble_from_environment), 5);
	}
}
END_TEST

static void free_sampler(struct lt_sampler *sampler)
{
	if (sampler->impl->free)
		sampler->impl->free(sampler);
}

static void make_samplers(void)
{
	struct lt_sampler *ratio, *parent_based, *record, *composite;
	struct lt_composable *probability, *threshold, *annotating;
	if (lt_sampler_ratio_new(0.5, &ratio) == 0 &&
		lt_sampler_parent_based_new(ratio, &parent_based) == 0 &&
		lt_sampler_always_record_new(parent_based, &record) == 0)
		free_sampler(record);
	if (lt_composable_probability_new(0.5, &probability) == 0 &&
		lt_composable_parent_threshold_new(probability, &threshold) == 0 &&
		lt_composable_annotating_new(threshold,
			LT_ATTRS(lt_str("a", "a text"), lt_int("b", 1)), &annotating) == 0 &&
		lt_sampler_composite_new(annotating, &composite) == 0)
		free_sampler(composite);
}

START_TEST(a_sampler_that_cannot_be_made_frees_what_it_takes)
{
	ck_assert_int_gt(sweep(make_samplers), 5);
}
END_TEST

static const struct lt_span_data *const *encoded_spans;
static size_t n_encoded_spans;
static struct lt_buffer whole[2];

static void encode(struct lt_buffer buffers[2])
{
	lt_otlp_protobuf_encode(&buffers[0], encoded_spans, n_encoded_spans);
	lt_otlp_json_encode(&buffers[1], encoded_spans, n_encoded_spans);
}

static void encode_again(void)
{
	struct lt_buffer buffers[2] = {{0}, {0}};
	encode(buffers);
	for (int i = 0; i < 2; i++) {
		if (!buffers[i].failed) {
			CHECKED(ck_assert_uint_eq(buffers[i].len, whole[i].len));
			CHECKED(ck_assert_mem_eq(buffers[i].bytes, whole[i].bytes, whole[i].len));
		}
		lt_buffer_done(&buffers[i]);
	}
}

START_TEST(a_request_is_encoded_whole_or_marked_as_failed)
{
	enum { N = 20 };
	const struct lt_span_data *data[N];
	struct lt_span *spans[N];
	struct lt_exporter *exporter;
	struct lt_provider *provider = memory_provider(&exporter, (struct lt_provider_options){0});
	struct lt_tracer *tracer = lt_tracer_get(provider, "check", NULL);
	for (int i = 0; i < N; i++) {
		spans[i] = start_large(tracer);
		data[i] = lt_span_read(spans[i]);
	}
	encoded_spans = data;
	n_encoded_spans = N;
	encode(whole);
	ck_assert(!whole[0].failed && !whole[1].failed);
	ck_assert_int_gt(sweep(encode_again), 3);
	for (int i = 0; i < N; i++)
		lt_span_end(spans[i]);
	lt_buffer_done(&whole[0]);
	lt_buffer_done(&whole[1]);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	setenv("OTEL_LOG_LEVEL", "none", 1);
	TCase *tests = tcase_create("no_memory");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_a_span_cannot_hold_is_counted_in_it);
	if (!IS_ASAN) /* it aborts where a thread starts without memory */
		tcase_add_test(tests, what_a_batch_processor_loses_is_counted_by_it);
	tcase_add_test(tests, a_provider_of_the_environment_is_whole_or_an_error);
	tcase_add_test(tests, a_sampler_that_cannot_be_made_frees_what_it_takes);
	tcase_add_test(tests, a_request_is_encoded_whole_or_marked_as_failed);
	return run_tests(tests, "no_memory");
}

#else

int main(void)
{
	puts("1..0 # SKIP the malloc of this C library or of ThreadSanitizer cannot be replaced");
	return 0;
}

#endif
