/* SPDX-License-Identifier: Apache-2.0 */
/* provider.c - puts resource, sampler, processor and limits together, and takes them apart again.
 */
#include "trace/provider.h"

#include "process/processor_none.h"
#include "trace/span_lock.h"
#include "util/clock.h"
#include "util/config.h"
#include "util/exit.h"
#include "util/report.h"

#include <errno.h>
#include <stdlib.h>

enum { FREE_TIMEOUT_MS = 5000 };

/* The general variable is the fallback of the span's own: both may be unset. */
static uint32_t limit(uint32_t option, const char *variable, const char *general, uint32_t fallback)
{
	if (option)
		return option == LT_LIMIT_ZERO ? 0 : option;
	if (general)
		fallback = (uint32_t)lt_config_uint(general, fallback, 0, UINT32_MAX - 1);
	return (uint32_t)lt_config_uint(variable, fallback, 0, UINT32_MAX - 1);
}

static struct lt_span_limits resolve_limits(const struct lt_span_limits *limits)
{
	return (struct lt_span_limits){
		.attr_count = limit(limits->attr_count, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
			"OTEL_ATTRIBUTE_COUNT_LIMIT", 128),
		.attr_value_length =
			limit(limits->attr_value_length, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
				"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", UINT32_MAX),
		.event_count = limit(limits->event_count, "OTEL_SPAN_EVENT_COUNT_LIMIT", NULL, 128),
		.link_count = limit(limits->link_count, "OTEL_SPAN_LINK_COUNT_LIMIT", NULL, 128),
		.event_attr_count = limit(
			limits->event_attr_count, "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", NULL, 128),
		.link_attr_count = limit(
			limits->link_attr_count, "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", NULL, 128),
	};
}

int lt_exporter_from_env(struct lt_exporter **ret_exporter, enum lt_exporter_kind *ret_kind)
{
	static const char *const words[] = {[LT_EXPORTER_OTLP] = "otlp",
		[LT_EXPORTER_CONSOLE] = "console",
		[LT_EXPORTER_NONE] = "none"};
	*ret_exporter = NULL;
	*ret_kind = (enum lt_exporter_kind)lt_config_word(
		"OTEL_TRACES_EXPORTER", words, LT_EXPORTER_NONE + 1, LT_EXPORTER_OTLP);
	if (*ret_kind == LT_EXPORTER_OTLP)
		return lt_exporter_otlp_http_new(NULL, ret_exporter);
	return *ret_kind == LT_EXPORTER_CONSOLE ? lt_exporter_console_new(ret_exporter) : 0;
}

static int processor_from_env(struct lt_processor **ret_processor)
{
	struct lt_exporter *exporter;
	enum lt_exporter_kind kind;
	int err = lt_exporter_from_env(&exporter, &kind);
	if (err == -ENOMEM)
		return err;
	/* With an endpoint that cannot be one, which has been reported, the trace still goes on. */
	if (err || !exporter) {
		*ret_processor = lt_processor_none();
		return 0;
	}
	return lt_processor_batch_new(exporter, NULL, ret_processor);
}

static void processor_free(struct lt_processor *processor)
{
	if (processor && processor->impl->free)
		processor->impl->free(processor);
}

int lt_provider_new(const struct lt_provider_options *options, struct lt_provider **ret_provider)
{
	static const struct lt_provider_options defaults;
	if (!options)
		options = &defaults;
	struct lt_resource *resource = options->resource;
	struct lt_sampler *sampler = options->sampler;
	struct lt_processor *processor = options->processor;
	struct lt_provider *provider = NULL;
	(void)lt_report_level(); /* what is wrong with it is said now, not beside the first trouble */
	bool is_disabled = lt_config_bool("OTEL_SDK_DISABLED");
	int err = 0;

	lt_clock_anchor();
	lt_span_lock_setup();
	if (is_disabled && !processor)
		processor = lt_processor_none();
	if (!resource)
		err = lt_resource_new(NULL, 0, &resource);
	if (!err && !sampler)
		err = lt_sampler_from_env(&sampler);
	if (!err && !processor)
		err = processor_from_env(&processor);
	if (!err && !(provider = calloc(1, sizeof *provider)))
		err = -ENOMEM;
	if (err) {
		lt_resource_free(resource);
		lt_sampler_free(sampler);
		processor_free(processor);
		return err;
	}
	provider->resource = resource;
	provider->sampler = sampler;
	for (int parent = 0; parent < LT_N_PARENTS; parent++)
		provider->answers[parent] = (int8_t)lt_sampler_answer(sampler, parent);
	provider->processor = processor;
	provider->is_disabled = is_disabled;
	provider->limits = resolve_limits(&options->limits);
	*ret_provider = provider;
	return 0;
}

int lt_provider_flush(struct lt_provider *provider, unsigned timeout_ms)
{
	struct lt_processor *processor = provider ? provider->processor : NULL;
	return processor && processor->impl->flush ? processor->impl->flush(processor, timeout_ms)
						   : 0;
}

int lt_provider_shutdown(struct lt_provider *provider, unsigned timeout_ms)
{
	if (!provider)
		return 0;
	if (atomic_exchange(&provider->is_shut_down, true))
		return -EALREADY;
	struct lt_processor *processor = provider->processor;
	int err = processor->impl->shutdown ? processor->impl->shutdown(processor, timeout_ms) : 0;
	provider->is_stuck = err == -ETIMEDOUT;
	return err;
}

/* Those whose exporters were stuck when they were to be freed: what these use stays theirs. */
static _Atomic(struct lt_provider *) kept;

static void keep(struct lt_provider *provider)
{
	provider->exit_next = atomic_load(&kept);
	while (!atomic_compare_exchange_weak(&kept, &provider->exit_next, provider))
		;
	lt_report(LT_LEVEL_WARN, "an exporter does not return: what it uses is not freed");
}

void lt_provider_free(struct lt_provider *provider)
{
	if (!provider)
		return;
	lt_exit_forget(provider);
	lt_provider_shutdown(provider, FREE_TIMEOUT_MS);
	lt_tracers_retire(provider);
	/* It may have come back since. */
	if (provider->is_stuck &&
		provider->processor->impl->shutdown(provider->processor, 0) == -ETIMEDOUT) {
		keep(provider);
		return;
	}
	processor_free(provider->processor);
	lt_sampler_free(provider->sampler);
	lt_resource_free(provider->resource);
	free(provider);
}
