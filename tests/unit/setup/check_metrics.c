/* SPDX-License-Identifier: Apache-2.0 */
/* check_metrics.c - what libtrace counts of itself: each span is counted once, and the sums are right. */
#include "check_main.h"

#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lt_provider *provider;
static struct lt_tracer *tracer;
static struct lt_provider_metrics metrics;

/* Every third batch fails, of every fifth all but one are rejected. */
struct moody {
	struct lt_exporter super;
	unsigned n_calls;
	int result; /* if not 0, of the next call */
};

static int moody_export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct moody *moody = (struct moody *)self;
	int result = moody->result;
	if (result) {
		moody->result = 0;
		return result;
	}
	moody->n_calls++;
	if (moody->n_calls % 3 == 0)
		return -EIO;
	return moody->n_calls % 5 == 0 ? (int)n - 1 : 0;
}

static const struct lt_exporter_impl moody_impl = {
	.export_spans = moody_export, .type = "moody_span_exporter"};
static struct moody moody = {.super = {&moody_impl}};

/* Drops, records and samples in turn. */
static enum lt_decision sample_in_turn(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	static atomic_uint turn;
	static const enum lt_decision decisions[] = {
		LT_DROP, LT_RECORD_ONLY, LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE};
	return decisions[atomic_fetch_add(&turn, 1) % 4];
}

static struct lt_sampler *in_turn(void)
{
	static const struct lt_sampler_impl impl = {.sample = sample_in_turn};
	static struct lt_sampler sampler = {&impl};
	return &sampler;
}

static struct lt_processor *batch(struct lt_exporter *exporter, struct lt_batch_options options)
{
	struct lt_processor *processor;
	ck_assert_int_eq(lt_processor_batch_new(exporter, &options, &processor), 0);
	return processor;
}

static void set_up_with(struct lt_processor *processor, struct lt_sampler *sampler)
{
	ck_assert_int_eq(lt_provider_new(&(struct lt_provider_options){.processor = processor,
						 .sampler = sampler,
						 .counts_spans = true},
				 &provider),
		0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void set_up_memory(void)
{
	struct lt_exporter *exporter;
	struct lt_processor *processor;
	ck_assert_int_eq(lt_exporter_memory_new(&exporter), 0);
	ck_assert_int_eq(lt_processor_simple_new(exporter, &processor), 0);
	set_up_with(processor, NULL);
}

static uint64_t n_started(enum lt_decision decision)
{
	return metrics.n_started[LT_ORIGIN_NONE][decision] +
	       metrics.n_started[LT_ORIGIN_LOCAL][decision] +
	       metrics.n_started[LT_ORIGIN_REMOTE][decision];
}

static uint64_t sum_of(const struct lt_processor_metrics *one)
{
	return one->queue_size + one->n_queue_full + one->n_already_shutdown +
	       one->n_shutdown_timeout + one->n_inflight + one->n_exported + one->n_failed +
	       one->n_rejected;
}

START_TEST(spans_are_counted_by_their_parent_and_the_samplers_decision)
{
	set_up_memory();
	struct lt_span_context remote = {
		.trace_id = {1}, .span_id = {1}, .flags = LT_FLAG_SAMPLED, .remote = true};
	struct lt_span_context local = remote, dropped = remote;
	local.remote = false;
	dropped.flags = 0;
	struct lt_span *spans[4] = {lt_span_start(tracer, "root", NULL),
		lt_span_start(tracer, "r", &(struct lt_span_options){.parent = &remote}),
		lt_span_start(tracer, "l", &(struct lt_span_options){.parent = &local}),
		lt_span_start(tracer, "d", &(struct lt_span_options){.parent = &dropped})};
	lt_provider_metrics(provider, &metrics);
	ck_assert_uint_eq(metrics.n_started[LT_ORIGIN_NONE][LT_RECORD_AND_SAMPLE], 1);
	ck_assert_uint_eq(metrics.n_started[LT_ORIGIN_REMOTE][LT_RECORD_AND_SAMPLE], 1);
	ck_assert_uint_eq(metrics.n_started[LT_ORIGIN_LOCAL][LT_RECORD_AND_SAMPLE], 1);
	ck_assert_uint_eq(metrics.n_started[LT_ORIGIN_REMOTE][LT_DROP], 1);
	ck_assert_uint_eq(metrics.n_live[LT_RECORD_AND_SAMPLE], 3);
	ck_assert_uint_eq(metrics.n_live[LT_DROP], 0);
	for (int i = 0; i < 4; i++)
		lt_span_end(spans[i]);
	lt_provider_metrics(provider, &metrics);
	ck_assert_uint_eq(metrics.n_live[LT_RECORD_AND_SAMPLE], 0);
	ck_assert_uint_eq(metrics.processors[0].n_exported, 3);
	ck_assert_str_eq(metrics.processors[0].type, "simple_span_processor");
	ck_assert_str_eq(metrics.processors[0].exporter_type, "memory_span_exporter");
	lt_provider_free(provider);
}
END_TEST

/* --- under load --------------------------------------------------------------------------- */

enum { THREADS = 4, SPANS = 20000 };

static void *make_spans(void *unused)
{
	static char text[8000];
	for (int i = 0; i < SPANS; i++) {
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		if (i % 64 == 0)
			lt_span_set(span, LT_ATTRS(lt_bytes("b", text, sizeof(text))));
		lt_span_end(span);
	}
	return NULL;
}

static void check_sums(const struct lt_processor_metrics *one)
{
	ck_assert_uint_eq(sum_of(one) + metrics.n_live[LT_RECORD_AND_SAMPLE],
		n_started(LT_RECORD_AND_SAMPLE));
	ck_assert_uint_eq(one->n_processed,
		one->n_inflight + one->n_exported + one->n_failed + one->n_rejected);
}

START_TEST(what_was_started_is_what_was_exported_and_dropped_by_reason)
{
	static struct moody other = {.super = {&moody_impl}};
	struct lt_processor *small = batch(
				    &moody.super, (struct lt_batch_options){.max_queue_size = 64,
							  .max_batch_size = 8}),
			    *heavy = batch(&other.super,
				    (struct lt_batch_options){.max_queue_size = 100000,
					    .max_queue_bytes = 1, /* the least, 2 MiB */
					    .max_batch_size = 512}),
			    *both;
	ck_assert_int_eq(
		lt_processor_composite_new((struct lt_processor *[]){small, heavy}, 2, &both), 0);
	set_up_with(both, in_turn());
	pthread_t threads[THREADS];
	struct lt_span *late[8];
	for (int i = 0; i < 8; i++)
		late[i] = lt_span_start(tracer, "late", NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, make_spans, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	lt_provider_shutdown(provider, 20000);
	lt_provider_metrics(provider, &metrics);
	ck_assert_uint_eq(metrics.n_live[LT_RECORD_AND_SAMPLE], 4);
	ck_assert_uint_eq(metrics.n_live[LT_RECORD_ONLY], 2);
	check_sums(&metrics.processors[0]);
	check_sums(&metrics.processors[1]);
	for (int i = 0; i < 8; i++)
		lt_span_end(late[i]);
	ck_assert_ptr_null(lt_span_start(tracer, "none", NULL));

	lt_provider_metrics(provider, &metrics);
	uint64_t n_all =
		n_started(LT_DROP) + n_started(LT_RECORD_ONLY) + n_started(LT_RECORD_AND_SAMPLE);
	ck_assert_uint_eq(n_all, THREADS * SPANS + 8);
	ck_assert_uint_eq(metrics.n_live[LT_RECORD_AND_SAMPLE], 0);
	ck_assert_uint_eq(metrics.n_live[LT_RECORD_ONLY], 0);
	ck_assert_uint_eq(metrics.n_processors, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct lt_processor_metrics *one = &metrics.processors[i];
		check_sums(one);
		ck_assert_uint_eq(one->number, i);
		ck_assert_uint_eq(one->exporter_number, i);
		ck_assert_uint_eq(one->queue_size + one->n_inflight, 0);
		ck_assert_uint_eq(one->n_already_shutdown, 4);
		ck_assert_uint_gt(one->n_queue_full, 0); /* each reason was there */
		ck_assert_uint_gt(one->n_exported, 0);
	}
	/* The other's spans may all go in too few batches for each result. */
	ck_assert_uint_gt(metrics.processors[0].n_failed, 0);
	ck_assert_uint_gt(metrics.processors[0].n_rejected, 0);
	ck_assert_uint_eq(metrics.processors[0].queue_capacity, 64);
	struct lt_batch_stats stats = lt_processor_batch_stats(heavy);
	ck_assert_uint_gt(stats.n_dropped_bytes, 0);
	ck_assert_uint_eq(stats.n_dropped_full, 0);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_batch_that_is_exported_again_is_one_operation)
{
	moody.result = -EAGAIN;
	set_up_with(batch(&moody.super, (struct lt_batch_options){.max_batch_size = 8}), NULL);
	for (int i = 0; i < 5; i++)
		lt_span_end(lt_span_start(tracer, "s", NULL));
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	lt_provider_metrics(provider, &metrics);
	const struct lt_processor_metrics *one = &metrics.processors[0];
	ck_assert_uint_eq(one->n_processed, 5);
	ck_assert_uint_eq(one->n_exported, 5);
	ck_assert_uint_eq(one->n_inflight, 0);
	ck_assert_uint_eq(one->n_operations[LT_OUTCOME_EXPORTED], 1);
	ck_assert_uint_eq(one->n_operations[LT_OUTCOME_FAILED], 0);
	ck_assert_uint_gt(one->operation_ns[LT_OUTCOME_EXPORTED], 0);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_forks_child_counts_its_own_spans)
{
	int status;
	set_up_memory();
	for (int i = 0; i < 3; i++)
		lt_span_end(lt_span_start(tracer, "parent's", NULL));
	struct lt_span *open = lt_span_start(tracer, "open", NULL);
	pid_t child = fork();
	if (child == 0) {
		lt_span_end(lt_span_start(tracer, "child's", NULL));
		lt_provider_metrics(provider, &metrics);
		_exit(n_started(LT_RECORD_AND_SAMPLE) == 1 &&
					metrics.n_live[LT_RECORD_AND_SAMPLE] == 1
				? 0
				: 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	lt_span_end(open);
	lt_provider_metrics(provider, &metrics);
	ck_assert_uint_eq(n_started(LT_RECORD_AND_SAMPLE), 4);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_provider_that_does_not_count_has_its_processors_counts)
{
	struct lt_exporter *exporter;
	provider = memory_provider(&exporter, (struct lt_provider_options){0});
	lt_span_end(lt_span_start(lt_tracer_get(provider, "check", NULL), "s", NULL));
	lt_provider_metrics(provider, &metrics);
	ck_assert_uint_eq(n_started(LT_RECORD_AND_SAMPLE), 0);
	ck_assert_uint_eq(metrics.processors[0].n_exported, 1);
	lt_provider_free(provider);
	lt_provider_metrics(NULL, &metrics);
	ck_assert_uint_eq(metrics.n_processors, 0);
}
END_TEST

/* --- as text ------------------------------------------------------------------------------ */

START_TEST(the_eight_instruments_are_there_as_prometheus_reads_them)
{
	static const char *const lines[] = {
		"# TYPE otel_sdk_span_started_total counter\n",
		"\notel_sdk_span_started_total{otel_span_parent_origin=\"none\","
		"otel_span_sampling_result=\"RECORD_AND_SAMPLE\"} 3\n",
		"# TYPE otel_sdk_span_live gauge\n",
		"\notel_sdk_span_live{otel_span_sampling_result=\"RECORD_AND_SAMPLE\"} 1\n",
		"\notel_sdk_processor_span_queue_size{otel_component_name="
		"\"batching_span_processor/0\",otel_component_type=\"batching_span_processor\"} "
		"0\n",
		"\notel_sdk_processor_span_queue_capacity{otel_component_name="
		"\"batching_span_processor/0\",otel_component_type=\"batching_span_processor\"} "
		"2048\n",
		"\notel_sdk_processor_span_processed_total{otel_component_name="
		"\"batching_span_processor/0\",otel_component_type=\"batching_span_processor\"} "
		"2\n",
		",error_type=\"queue_full\"} 0\n",
		",error_type=\"already_shutdown\"} 0\n",
		"\notel_sdk_exporter_span_inflight{otel_component_name=\"moody_span_exporter/0\","
		"otel_component_type=\"moody_span_exporter\"} 0\n",
		"\notel_sdk_exporter_span_exported_total{otel_component_name="
		"\"moody_span_exporter/0\",otel_component_type=\"moody_span_exporter\","
		"error_type=\"rejected\"} 1\n",
		"# TYPE otel_sdk_exporter_operation_duration_seconds histogram\n",
		"\notel_sdk_exporter_operation_duration_seconds_count{otel_component_name="
		"\"moody_span_exporter/0\",otel_component_type=\"moody_span_exporter\","
		"error_type=\"rejected\"} 1\n",
	};
	static const char syntax[] =
		"^(#[ ](HELP|TYPE)[ ]otel_sdk_[a-z_]+[ ].+|"
		"otel_sdk_[a-z_]+[{]([a-z_]+=\"[^\"]*\",?)+[}][ ][0-9]+([.][0-9]+)?)$";
	char *text;
	regex_t regex;
	moody.result = 1;
	set_up_with(batch(&moody.super, (struct lt_batch_options){0}), NULL);
	for (int i = 0; i < 2; i++)
		lt_span_end(lt_span_start(tracer, "s", NULL));
	struct lt_span *open = lt_span_start(tracer, "open", NULL);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), -EIO);
	ck_assert_int_eq(lt_provider_metrics_text(provider, &text), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "no %s in\n%s", lines[i], text);
	ck_assert_int_eq(regcomp(&regex, syntax, REG_EXTENDED | REG_NOSUB), 0);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(regexec(&regex, line, 0, NULL, 0) == 0, "%s", line);
	regfree(&regex);
	free(text);
	lt_span_end(open);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("metrics");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, spans_are_counted_by_their_parent_and_the_samplers_decision);
	tcase_add_test(tests, what_was_started_is_what_was_exported_and_dropped_by_reason);
	tcase_add_test(tests, a_batch_that_is_exported_again_is_one_operation);
	tcase_add_test(tests, a_forks_child_counts_its_own_spans);
	tcase_add_test(tests, a_provider_that_does_not_count_has_its_processors_counts);
	tcase_add_test(tests, the_eight_instruments_are_there_as_prometheus_reads_them);
	return run_tests(tests, "metrics");
}
