/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/span_counts.h"

#include "trace/processor.h"
#include "trace/sampler.h"
#include "trace/span.h"

#include <pthread.h>
#include <stddef.h>

#define STRIPES 8 /* of the counters, so that threads do not contend: a power of two */
#define ORIGINS 3
#define DECISIONS 3

struct stripe {
	_Alignas(64) _Atomic uint64_t n_started[ORIGINS][DECISIONS];
	_Atomic int64_t n_live[DECISIONS]; /* a span may end on another thread */
};

struct lt_span_counts {
	struct stripe stripes[STRIPES];
	struct lt_sampler sampler;
	struct lt_processor processor;
	struct lt_sampler *inner_sampler;
	struct lt_processor *inner_processor;
	unsigned n_owners; /* of this: sampler and processor are freed one by one */
	struct lt_span_counts *next;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct lt_span_counts *all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct lt_span_counts *of_sampler(struct lt_sampler *sampler)
{
	return (struct lt_span_counts *)((char *)sampler -
					 offsetof(struct lt_span_counts, sampler));
}

static struct lt_span_counts *of_processor(struct lt_processor *processor)
{
	return (struct lt_span_counts *)((char *)processor -
					 offsetof(struct lt_span_counts, processor));
}

static struct stripe *stripe_of(struct lt_span_counts *counts)
{
	return &counts->stripes[((uintptr_t)pthread_self() >> 12) & (STRIPES - 1)];
}

/* --- life --------------------------------------------------------------------------------- */

static void before_fork(void)
{
	pthread_mutex_lock(&all_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&all_lock);
}

/* What was started is the parent's; what lives is here too. */
static void after_fork_child(void)
{
	for (struct lt_span_counts *counts = all; counts; counts = counts->next) {
		for (int i = 0; i < STRIPES; i++)
			memset(counts->stripes[i].n_started, 0,
				sizeof(counts->stripes[i].n_started));
	}
	pthread_mutex_unlock(&all_lock);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_child);
}

static void release(struct lt_span_counts *counts)
{
	if (--counts->n_owners)
		return;
	pthread_mutex_lock(&all_lock);
	for (struct lt_span_counts **place = &all; *place; place = &(*place)->next) {
		if (*place == counts) {
			*place = counts->next;
			break;
		}
	}
	pthread_mutex_unlock(&all_lock);
	free(counts);
}

/* --- sampler ------------------------------------------------------------------------------ */

static enum lt_parent_origin origin_of(const struct lt_span_context_view *parent)
{
	if (!parent)
		return LT_ORIGIN_NONE;
	return parent->remote ? LT_ORIGIN_REMOTE : LT_ORIGIN_LOCAL;
}

static enum lt_decision sample(struct lt_sampler *self,
	const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result)
{
	struct lt_span_counts *counts = of_sampler(self);
	struct stripe *stripe = stripe_of(counts);
	enum lt_decision decision =
		counts->inner_sampler->impl->sample(counts->inner_sampler, parameters, result);
	if (decision != LT_RECORD_AND_SAMPLE && decision != LT_RECORD_ONLY)
		decision = LT_DROP;
	atomic_fetch_add_explicit(&stripe->n_started[origin_of(parameters->parent)][decision], 1,
		memory_order_relaxed);
	if (decision != LT_DROP)
		atomic_fetch_add_explicit(&stripe->n_live[decision], 1, memory_order_relaxed);
	return decision;
}

static void free_sampler(struct lt_sampler *self)
{
	lt_sampler_free(of_sampler(self)->inner_sampler);
	release(of_sampler(self));
}

/* --- processor ---------------------------------------------------------------------------- */

static void on_start(
	struct lt_processor *self, struct lt_span *span, const struct lt_span_context_view *parent)
{
	struct lt_processor *inner = of_processor(self)->inner_processor;
	if (inner->impl->on_start)
		inner->impl->on_start(inner, span, parent);
}

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct lt_span_counts *counts = of_processor(self);
	struct lt_processor *inner = counts->inner_processor;
	bool is_sampled = span->data.context.flags & LT_FLAG_SAMPLED;
	atomic_fetch_sub_explicit(
		&stripe_of(counts)->n_live[is_sampled ? LT_RECORD_AND_SAMPLE : LT_RECORD_ONLY], 1,
		memory_order_relaxed);
	if (inner->impl->on_end)
		inner->impl->on_end(inner, span);
	else
		lt_span_recycle(span);
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	struct lt_processor *inner = of_processor(self)->inner_processor;
	return inner->impl->flush ? inner->impl->flush(inner, timeout_ms) : 0;
}

static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	struct lt_processor *inner = of_processor(self)->inner_processor;
	return inner->impl->shutdown ? inner->impl->shutdown(inner, timeout_ms) : 0;
}

static size_t read_metrics(
	struct lt_processor *self, struct lt_processor_metrics *metrics, size_t max)
{
	return lt_processor_read_metrics(of_processor(self)->inner_processor, metrics, max);
}

static void free_processor(struct lt_processor *self)
{
	lt_processor_free(of_processor(self)->inner_processor);
	release(of_processor(self));
}

/* --- the interface ------------------------------------------------------------------------ */

struct lt_span_counts *lt_span_counts_new(
	struct lt_sampler **sampler, struct lt_processor **processor)
{
	static const struct lt_sampler_impl sampler_impl = {sample, free_sampler};
	static const struct lt_processor_impl processor_impl = {.on_start = on_start,
		.on_end = on_end,
		.flush = flush,
		.shutdown = shut_down,
		.free = free_processor,
		.metrics = read_metrics};
	struct lt_span_counts *counts =
		aligned_alloc(_Alignof(struct lt_span_counts), sizeof(*counts));
	if (!counts)
		return NULL;
	*counts = (struct lt_span_counts){.sampler = {&sampler_impl},
		.processor = {&processor_impl},
		.inner_sampler = *sampler,
		.inner_processor = *processor,
		.n_owners = 2};
	*sampler = &counts->sampler;
	*processor = &counts->processor;
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&all_lock);
	counts->next = all;
	all = counts;
	pthread_mutex_unlock(&all_lock);
	return counts;
}

void lt_span_counts_read(struct lt_span_counts *counts, struct lt_provider_metrics *metrics)
{
	int64_t n_live[DECISIONS] = {0};
	for (int i = 0; i < STRIPES; i++) {
		struct stripe *stripe = &counts->stripes[i];
		for (int origin = 0; origin < ORIGINS; origin++) {
			for (int decision = 0; decision < DECISIONS; decision++)
				metrics->n_started[origin][decision] +=
					atomic_load(&stripe->n_started[origin][decision]);
		}
		for (int decision = 0; decision < DECISIONS; decision++)
			n_live[decision] += atomic_load(&stripe->n_live[decision]);
	}
	for (int decision = 0; decision < DECISIONS; decision++)
		metrics->n_live[decision] = n_live[decision] > 0 ? (uint64_t)n_live[decision] : 0;
}
