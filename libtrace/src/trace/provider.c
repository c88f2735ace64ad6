/* SPDX-License-Identifier: Apache-2.0 */
/* provider.c - owns resource, sampler, processor and limits, and frees them. */
#include "trace/provider.h"

#include "trace/processor.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <stddef.h>
#include <stdlib.h>

#define FREE_TIMEOUT_MS 5000

static void shut_down_at_exit(struct lt_exit_entry *entry, unsigned timeout_ms)
{
	lt_provider_shutdown(
		(struct lt_provider *)((char *)entry - offsetof(struct lt_provider, at_exit)),
		timeout_ms);
}

/* Providers whose exporter was stuck when they were to be freed: what it uses is never freed. */
static _Atomic(struct lt_provider *) kept;

static void keep(struct lt_provider *provider)
{
	provider->next_kept = atomic_load(&kept);
	while (!atomic_compare_exchange_weak(&kept, &provider->next_kept, provider))
		;
	lt_report(LT_LEVEL_WARN, "an exporter does not return: what it uses is not freed");
}

void lt_id_generator_free(struct lt_id_generator *generator)
{
	if (generator && generator->impl->free)
		generator->impl->free(generator);
}

struct lt_provider *lt_provider_make(const struct lt_provider_parts *parts)
{
	struct lt_provider *provider = calloc(1, sizeof(*provider));
	if (!provider)
		return NULL;
	provider->resource = parts->resource;
	provider->sampler = parts->sampler;
	for (int parent = 0; parent < LT_N_PARENTS; parent++)
		provider->answers[parent] = (int8_t)lt_sampler_answer(parts->sampler, parent);
	provider->processor = parts->processor;
	provider->id_generator = parts->id_generator;
	provider->is_disabled = parts->is_disabled;
	provider->counts = parts->counts;
	provider->limits = parts->limits;
	provider->attr_limits = (struct lt_attribute_limits){.count = parts->limits.attr_count,
		.value_length = parts->limits.attr_value_length,
		.value_depth = LT_VALUE_DEPTH_MAX - parts->limits.attr_value_depth};
	provider->at_exit.run = shut_down_at_exit;
	return provider;
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

void lt_provider_shutdown_at_exit(struct lt_provider *provider, unsigned timeout_ms)
{
	if (provider)
		lt_exit_add(&provider->at_exit, timeout_ms);
	else
		lt_exit_clear();
}

void lt_provider_free(struct lt_provider *provider)
{
	if (!provider)
		return;
	lt_exit_remove(&provider->at_exit);
	lt_provider_shutdown(provider, FREE_TIMEOUT_MS);
	lt_tracers_retire(provider);
	/* The exporter may have returned since. */
	if (provider->is_stuck &&
		provider->processor->impl->shutdown(provider->processor, 0) == -ETIMEDOUT) {
		keep(provider);
		return;
	}
	lt_processor_free(provider->processor);
	lt_sampler_free(provider->sampler);
	lt_id_generator_free(provider->id_generator);
	lt_resource_free(provider->resource);
	free(provider);
}
