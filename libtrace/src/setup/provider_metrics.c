/* SPDX-License-Identifier: Apache-2.0 */
/* provider_metrics.c - what libtrace does itself, under the names of the conventions.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 *         https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#include "trace/processor.h"
#include "trace/provider.h"
#include "trace/span_counts.h"
#include "util/encode_buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const origins[] = {"none", "local", "remote"};
static const char *const decisions[] = {"DROP", "RECORD_ONLY", "RECORD_AND_SAMPLE"};
static const char *const outcomes[] = {"", "export_failed", "rejected"}; /* error.type */

/* Of equal types, in their order. */
static void number(struct lt_provider_metrics *metrics)
{
	for (size_t i = 0; i < metrics->n_processors; i++) {
		struct lt_processor_metrics *one = &metrics->processors[i];
		one->number = one->exporter_number = 0;
		for (size_t j = 0; j < i; j++) {
			const struct lt_processor_metrics *other = &metrics->processors[j];
			one->number += strcmp(one->type, other->type) == 0;
			one->exporter_number +=
				one->exporter_type && other->exporter_type &&
				strcmp(one->exporter_type, other->exporter_type) == 0;
		}
	}
}

void lt_provider_metrics(
	const struct lt_provider *provider, struct lt_provider_metrics *ret_metrics)
{
	*ret_metrics = (struct lt_provider_metrics){.n_processors = 0};
	if (!provider)
		return;
	if (provider->counts)
		lt_span_counts_read(provider->counts, ret_metrics);
	ret_metrics->n_processors = lt_processor_read_metrics(
		provider->processor, ret_metrics->processors, LT_PROCESSORS_MAX);
	number(ret_metrics);
}

/* --- Prometheus --------------------------------------------------------------------------- */

static void add_head(struct lt_buffer *b, const char *name, const char *type, const char *help)
{
	lt_buffer_printf(
		b, "# HELP otel_sdk_%s %s\n# TYPE otel_sdk_%s %s\n", name, help, name, type);
}

static void add_started(struct lt_buffer *b, const struct lt_provider_metrics *metrics)
{
	add_head(b, "span_started_total", "counter", "The number of created spans.");
	for (int origin = 0; origin <= LT_ORIGIN_REMOTE; origin++) {
		for (int decision = 0; decision <= LT_RECORD_AND_SAMPLE; decision++)
			lt_buffer_printf(b,
				"otel_sdk_span_started_total{otel_span_parent_origin=\"%s\","
				"otel_span_sampling_result=\"%s\"} %" PRIu64 "\n",
				origins[origin], decisions[decision],
				metrics->n_started[origin][decision]);
	}
	add_head(b, "span_live", "gauge", "The number of recording spans that have not ended.");
	for (int decision = LT_RECORD_ONLY; decision <= LT_RECORD_AND_SAMPLE; decision++)
		lt_buffer_printf(b,
			"otel_sdk_span_live{otel_span_sampling_result=\"%s\"} %" PRIu64 "\n",
			decisions[decision], metrics->n_live[decision]);
}

/* One line of a processor's or, if is_exporter, its exporter's. */
static void add_line(struct lt_buffer *b, const char *name, const struct lt_processor_metrics *one,
	bool is_exporter, const char *error, const char *more)
{
	const char *type = is_exporter ? one->exporter_type : one->type;
	lt_buffer_printf(b,
		"otel_sdk_%s{otel_component_name=\"%s/%u\",otel_component_type=\"%s\"%s%s%s%s} ",
		name, type, is_exporter ? one->exporter_number : one->number, type,
		*error ? ",error_type=\"" : "", error, *error ? "\"" : "", more);
}

static void add_count(struct lt_buffer *b, const char *name, const struct lt_processor_metrics *one,
	bool is_exporter, const char *error, uint64_t value)
{
	add_line(b, name, one, is_exporter, error, "");
	lt_buffer_printf(b, "%" PRIu64 "\n", value);
}

static void add_processed(struct lt_buffer *b, const struct lt_processor_metrics *one)
{
	static const char name[] = "processor_span_processed_total";
	add_count(b, name, one, false, "", one->n_processed);
	add_count(b, name, one, false, "queue_full", one->n_queue_full);
	add_count(b, name, one, false, "already_shutdown", one->n_already_shutdown);
	add_count(b, name, one, false, "shutdown_timeout", one->n_shutdown_timeout);
}

static void add_exported(struct lt_buffer *b, const struct lt_processor_metrics *one)
{
	static const char name[] = "exporter_span_exported_total";
	add_count(b, name, one, true, "", one->n_exported);
	add_count(b, name, one, true, outcomes[LT_OUTCOME_FAILED], one->n_failed);
	add_count(b, name, one, true, outcomes[LT_OUTCOME_REJECTED], one->n_rejected);
}

/* A histogram without boundaries, as the conventions advise; of what has happened. */
static void add_durations(struct lt_buffer *b, const struct lt_processor_metrics *one)
{
	for (int i = 0; i < LT_N_OUTCOMES; i++) {
		if (!one->n_operations[i])
			continue;
		add_line(b, "exporter_operation_duration_seconds_bucket", one, true, outcomes[i],
			",le=\"+Inf\"");
		lt_buffer_printf(b, "%" PRIu64 "\n", one->n_operations[i]);
		add_count(b, "exporter_operation_duration_seconds_count", one, true, outcomes[i],
			one->n_operations[i]);
		add_line(b, "exporter_operation_duration_seconds_sum", one, true, outcomes[i], "");
		lt_buffer_printf(b, "%.9f\n", (double)one->operation_ns[i] / 1e9);
	}
}

static void add_size(struct lt_buffer *b, const struct lt_processor_metrics *one)
{
	if (one->queue_capacity)
		add_count(b, "processor_span_queue_size", one, false, "", one->queue_size);
}

static void add_capacity(struct lt_buffer *b, const struct lt_processor_metrics *one)
{
	if (one->queue_capacity)
		add_count(b, "processor_span_queue_capacity", one, false, "", one->queue_capacity);
}

static void add_inflight(struct lt_buffer *b, const struct lt_processor_metrics *one)
{
	add_count(b, "exporter_span_inflight", one, true, "", one->n_inflight);
}

static const struct {
	const char *name, *type, *help;
	void (*add)(struct lt_buffer *b, const struct lt_processor_metrics *one);
	bool is_exporters;
} families[] = {
	{"processor_span_queue_size", "gauge", "The number of spans in the queue.", add_size,
		false},
	{"processor_span_queue_capacity", "gauge", "The number of spans that the queue can hold.",
		add_capacity, false},
	{"processor_span_processed_total", "counter",
		"The number of spans whose processing has finished.", add_processed, false},
	{"exporter_span_inflight", "gauge", "The number of spans that are being exported.",
		add_inflight, true},
	{"exporter_span_exported_total", "counter",
		"The number of spans whose export has finished.", add_exported, true},
	{"exporter_operation_duration_seconds", "histogram", "The duration of exporting a batch.",
		add_durations, true},
};

int lt_provider_metrics_text(const struct lt_provider *provider, char **ret_text)
{
	struct lt_buffer buffer = {0}, *b = &buffer;
	struct lt_provider_metrics metrics;
	lt_provider_metrics(provider, &metrics);
	if (provider && provider->counts)
		add_started(b, &metrics);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		add_head(b, families[i].name, families[i].type, families[i].help);
		for (size_t j = 0; j < metrics.n_processors; j++) {
			if (!families[i].is_exporters || metrics.processors[j].exporter_type)
				families[i].add(b, &metrics.processors[j]);
		}
	}
	lt_buffer_add_char(b, '\0');
	if (b->failed) {
		lt_buffer_done(b);
		return -ENOMEM;
	}
	*ret_text = b->bytes;
	return 0;
}
