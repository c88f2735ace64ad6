/* SPDX-License-Identifier: Apache-2.0 */
/* provider_new.c - lt_provider_new(): options that are not set come from the environment. */
#include "export/exporter_memory.h"
#include "process/processor_none.h"
#include "process/processor_relay.h"
#include "propagation/propagator.h"
#include "setup/config_module.h"
#include "setup/exporter_from_env.h"
#include "trace/processor.h"
#include "trace/provider.h"
#include "trace/span_counts.h"
#include "trace/span_lock.h"
#include "util/clock.h"
#include "util/config.h"
#include "util/defaults.h"
#include "util/report.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <libtrace/testing.h>
#include <stdlib.h>

/* The general variable is the default of the specific one; both may be unset. */
static uint32_t limit(uint32_t option, const char *variable, const char *general, uint32_t fallback)
{
	if (option)
		return option == LT_LIMIT_ZERO ? 0 : option;
	if (general)
		fallback = (uint32_t)lt_config_uint(general, fallback, 0, UINT32_MAX - 1);
	return (uint32_t)lt_config_uint(variable, fallback, 0, UINT32_MAX - 1);
}

/* It has no variable. */
static uint32_t depth_limit(uint32_t option)
{
	if (option == LT_LIMIT_ZERO)
		return 0;
	return option && option < LT_VALUE_DEPTH_MAX ? option : LT_VALUE_DEPTH_MAX;
}

static struct lt_span_limits resolve_limits(const struct lt_span_limits *limits)
{
	return (struct lt_span_limits){
		.attr_count = limit(limits->attr_count, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
			"OTEL_ATTRIBUTE_COUNT_LIMIT", LT_DEFAULT_SPAN_LIMIT),
		.attr_value_length =
			limit(limits->attr_value_length, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
				"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", UINT32_MAX),
		.attr_value_depth = depth_limit(limits->attr_value_depth),
		.event_count = limit(limits->event_count, "OTEL_SPAN_EVENT_COUNT_LIMIT", NULL,
			LT_DEFAULT_SPAN_LIMIT),
		.link_count = limit(limits->link_count, "OTEL_SPAN_LINK_COUNT_LIMIT", NULL,
			LT_DEFAULT_SPAN_LIMIT),
		.event_attr_count = limit(limits->event_attr_count,
			"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", NULL, LT_DEFAULT_SPAN_LIMIT),
		.link_attr_count = limit(limits->link_attr_count, "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
			NULL, LT_DEFAULT_SPAN_LIMIT),
	};
}

/* A batch processor for each; those with an invalid endpoint, which has been reported, are left out. */
static int processors_of(const enum lt_exporter_kind *kinds, size_t n_kinds,
	struct lt_processor **processors, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < n_kinds; i++) {
		struct lt_exporter *exporter;
		int err = lt_exporter_from_env(kinds[i], &exporter);
		if (err == -EINVAL)
			continue;
		if (!err)
			err = lt_processor_batch_new(exporter, NULL, &processors[*n]);
		if (err)
			return err;
		(*n)++;
	}
	return 0;
}

/* may_relay: what a relay sends is not counted here. */
static int processor_from_env(struct lt_processor **ret_processor, bool may_relay)
{
	enum lt_exporter_kind kinds[LT_EXPORTER_KINDS];
	struct lt_processor *processors[LT_EXPORTER_KINDS];
	size_t n_kinds = lt_exporter_kinds_from_env(kinds), n;
	int err = processors_of(kinds, n_kinds, processors, &n);
	if (err) {
		while (n--)
			lt_processor_free(processors[n]);
		return err;
	}
	if (n > 1)
		return lt_processor_composite_new(processors, n, ret_processor);
	/* Without an exporter contexts are still propagated. */
	struct lt_processor *only = n ? processors[0] : lt_processor_none();
	may_relay &= n && n_kinds == 1 && kinds[0] == LT_EXPORTER_OTLP;
	if (!may_relay || lt_processor_relay_new(only, ret_processor) != 0)
		*ret_processor = only;
	return 0;
}

static const char *variable(const char *name, const char *fallback)
{
	if (lt_config_has_file())
		return *fallback ? "of OTEL_CONFIG_FILE" : "";
	return lt_config_text(name).ptr ? getenv(name) : fallback;
}

static void report_settings(
	const struct lt_provider *provider, const struct lt_provider_options *options)
{
	const struct lt_attr *service =
		lt_attributes_find(lt_resource_attributes(provider->resource), LT_SERVICE_NAME);
	struct lt_slice name = lt_slice("none");
	if (service && service->type == LT_TYPE_STRING)
		name = service->value.string;
	lt_report(LT_LEVEL_DEBUG,
		"provider: service \"%.*s\", sampler %s %s, exporters %s, propagators %s%s",
		(int)name.len, name.ptr,
		options->sampler ? "of the program"
				 : variable("OTEL_TRACES_SAMPLER", "parentbased_always_on"),
		options->sampler ? "" : variable("OTEL_TRACES_SAMPLER_ARG", ""),
		options->processor ? "of the program" : variable("OTEL_TRACES_EXPORTER", "otlp"),
		variable("OTEL_PROPAGATORS", "tracecontext,baggage"),
		provider->is_disabled ? "; disabled" : "");
}

/* What the program has not given comes from OTEL_CONFIG_FILE, which is read as a whole. */
static int read_file(struct lt_provider_parts *parts, struct lt_span_limits *limits)
{
	struct lt_config_file file;
	int err = lt_config_module_read(&file);
	if (err)
		return err;
	lt_report_set_level(file.log_level);
	lt_propagator_set_default(file.propagator);
	parts->is_disabled = file.is_disabled && !lt_exporter_memory_exists();
	*limits = file.limits;
	if (parts->resource)
		lt_resource_free(file.resource);
	else
		parts->resource = file.resource;
	if (parts->sampler)
		lt_sampler_free(file.sampler);
	else
		parts->sampler = file.sampler;
	if (parts->processor)
		lt_processor_free(file.processor);
	else
		parts->processor = file.processor ? file.processor : lt_processor_none();
	return 0;
}

static struct lt_span_limits over(
	const struct lt_span_limits *limits, const struct lt_span_limits *file)
{
	return (struct lt_span_limits){
		.attr_count = limits->attr_count ? limits->attr_count : file->attr_count,
		.attr_value_length = limits->attr_value_length ? limits->attr_value_length
							       : file->attr_value_length,
		.attr_value_depth = limits->attr_value_depth ? limits->attr_value_depth
							     : file->attr_value_depth,
		.event_count = limits->event_count ? limits->event_count : file->event_count,
		.link_count = limits->link_count ? limits->link_count : file->link_count,
		.event_attr_count = limits->event_attr_count ? limits->event_attr_count
							     : file->event_attr_count,
		.link_attr_count =
			limits->link_attr_count ? limits->link_attr_count : file->link_attr_count,
	};
}

int lt_provider_new(const struct lt_provider_options *options, struct lt_provider **ret_provider)
{
	static const struct lt_provider_options defaults;
	if (!options)
		options = &defaults;
	(void)lt_report_level(); /* so that an invalid level is reported now */
	struct lt_provider_parts parts = {.resource = options->resource,
		.sampler = options->sampler,
		.processor = options->processor,
		.id_generator = options->id_generator,
		.is_disabled = !lt_exporter_memory_exists() && lt_config_bool("OTEL_SDK_DISABLED")};
	struct lt_provider *provider = NULL;
	struct lt_span_limits file_limits = {0};
	int err = 0;

	lt_clock_anchor();
	lt_span_lock_setup();
	if (lt_config_has_file())
		err = read_file(&parts, &file_limits);
	if (!err && parts.is_disabled && !parts.processor)
		parts.processor = lt_processor_none();
	if (!err && !parts.resource)
		err = lt_resource_new(NULL, 0, &parts.resource);
	if (!err && !parts.sampler)
		err = lt_sampler_from_env(&parts.sampler);
	if (!err && !parts.processor)
		err = processor_from_env(&parts.processor, !options->counts_spans);
	if (!err && options->counts_spans &&
		!(parts.counts = lt_span_counts_new(&parts.sampler, &parts.processor)))
		err = -ENOMEM;
	if (!err) {
		struct lt_span_limits limits = over(&options->limits, &file_limits);
		parts.limits = resolve_limits(&limits);
		provider = lt_provider_make(&parts);
		if (!provider)
			err = -ENOMEM;
	}
	if (err) {
		lt_resource_free(parts.resource);
		lt_sampler_free(parts.sampler);
		lt_id_generator_free(parts.id_generator);
		lt_processor_free(parts.processor);
		return err;
	}
	if (lt_report_level() >= LT_LEVEL_DEBUG)
		report_settings(provider, options);
	*ret_provider = provider;
	return 0;
}
