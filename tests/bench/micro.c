/* SPDX-License-Identifier: Apache-2.0 */
/* micro.c - the cost of a span: one JSON line per case. The peers' micro benches have the same
 * cases, and measure them in the same way.
 *
 * 	micro [ROUNDS [CASE|all [THREADS]]]
 *
 * sampled    root and child, each 3 attributes and 1 event, ended into a batch processor whose
 *            exporter discards; bursts of 2,000 spans a thread fit the queue and a flush follows
 *            each.  ns: the caller's wall time a span; cpu_ns: the whole process's CPU a span
 * bare       the same without attributes and events
 * unsampled  as sampled, with the sampler always_off
 * propagate  inject and extract of a traceparent, ns a pair
 * sustained  sampled, with the default queue and no pause: what does not fit is dropped
 * agent      sampled, by the provider of libtrace-instrument, under which it must run; not one of all
 *
 * drops: spans that did not reach the exporter.
 */
#include <libtrace/propagation.h>
#include <libtrace/sdk.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cases.h"
#include "measure.h"

#define ITERATIONS 1000 /* of a burst */
#define WARM_UP 10	/* bursts */
#define THREADS_MAX 64	/* 8,192 places of the queue each: half of what a queue may have */
#define ROUNDS_MAX 100000
#define FLUSH_MS 60000
#define GAP_MS 25 /* agent: from burst to burst */

/* --- the exporter ------------------------------------------------------------------------- */

static uint64_t n_exported; /* since the warm-up; written by the worker, read after a flush */

static int discard(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	n_exported += n;
	return 0;
}

static void keep(struct lt_exporter *self)
{
}

/* --- the cases ---------------------------------------------------------------------------- */

static struct lt_tracer *tracer;

static void sampled(void)
{
	case_sampled(tracer);
}

static void bare(void)
{
	struct lt_span *root = lt_span_start(tracer, "GET /checkout",
		&(struct lt_span_options){.root = true, .kind = LT_KIND_SERVER});
	struct lt_span_context parent = lt_span_get_context(root);
	struct lt_span *child = lt_span_start(
		tracer, "check_inventory", &(struct lt_span_options){.parent = &parent});
	lt_span_end(child);
	lt_span_end(root);
}

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	if (index > 0 || strcmp(key, "traceparent") != 0)
		return false;
	*ret_value = (struct lt_slice){carrier, LT_TRACEPARENT_LEN};
	return true;
}

static int set(void *carrier, const char *key, const char *value)
{
	if (strcmp(key, "traceparent") == 0)
		memcpy(carrier, value, LT_TRACEPARENT_LEN + 1);
	return 0;
}

static void propagate(void)
{
	static const struct lt_carrier_impl impl = {get, set};
	static const struct lt_span_context context = {
		.trace_id = {1, 2, 3}, .span_id = {4, 5}, .flags = LT_FLAG_SAMPLED};
	char header[LT_TRACEPARENT_LEN + 1];
	struct lt_span_context remote;
	lt_inject(&impl, header, &context);
	if (lt_extract(&impl, header, &remote) != 0)
		abort();
}

struct bench {
	const char *name;
	void (*run)(void);
	unsigned per_run; /* spans, or pairs */
	bool exports;	  /* or every span that comes is one too many */
	bool sustained;
	bool is_agents; /* sent, and not counted */
};

static const struct bench benches[] = {
	{"sampled", sampled, CASE_SPANS, true, false},
	{"bare", bare, CASE_SPANS, true, false},
	{"unsampled", sampled, CASE_SPANS, false, false},
	{"propagate", propagate, 1, false, false},
	{"sustained", sampled, CASE_SPANS, true, true},
	{"agent", sampled, CASE_SPANS, true, .is_agents = true},
};

/* --- bursts on threads -------------------------------------------------------------------- */

struct run { /* of one case */
	const struct bench *bench;
	unsigned n_rounds, n_threads;
	pthread_barrier_t barrier; /* before and after each burst */
};

struct producer {
	pthread_t thread;
	struct run *run;
	double *ns; /* a round: per span */
};

static void *produce(void *arg)
{
	struct producer *producer = arg;
	struct run *run = producer->run;
	const struct bench *bench = run->bench;
	for (unsigned round = 0; round < run->n_rounds + WARM_UP; round++) {
		pthread_barrier_wait(&run->barrier);
		double start = measure_ns(CLOCK_MONOTONIC);
		for (unsigned i = 0; i < ITERATIONS; i++)
			bench->run();
		double ns = measure_ns(CLOCK_MONOTONIC) - start;
		if (round >= WARM_UP)
			producer->ns[round - WARM_UP] = ns / (bench->per_run * ITERATIONS);
		pthread_barrier_wait(&run->barrier);
	}
	return NULL;
}

static struct lt_provider *new_provider(const struct bench *bench, unsigned n_threads)
{
	static const struct lt_exporter_impl impl = {.export_spans = discard, .free = keep};
	static struct lt_exporter exporter = {&impl};
	struct lt_batch_options batch = {.max_queue_size = bench->sustained ? 0 : 8192 * n_threads};
	struct lt_provider_options options = {
		.sampler = bench->exports ? lt_sampler_always_on() : lt_sampler_always_off()};
	struct lt_provider *provider = lt_provider_global();
	if (bench->is_agents) {
		if (!provider)
			abort();
		return provider;
	}
	if (lt_processor_batch_new(&exporter, &batch, &options.processor) ||
		lt_provider_new(&options, &provider))
		abort();
	return provider;
}

/* A relay looks every 10 ms, and sends; what comes between two bursts is to be the same without one, since it
 * is the caches that a burst finds cold. */
static void wait_for_round(const struct timespec *first, unsigned round)
{
	uint64_t ns = (uint64_t)first->tv_nsec + (uint64_t)round * GAP_MS * 1000000;
	struct timespec due = {first->tv_sec + (time_t)(ns / 1000000000), (long)(ns % 1000000000)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
		;
}

/* All rounds, after the warm-up; returns the CPU time of the rounds. */
static double run_rounds(struct run *run, struct lt_provider *provider)
{
	double start = 0;
	struct timespec first;
	clock_gettime(CLOCK_MONOTONIC, &first);
	for (unsigned round = 0; round < run->n_rounds + WARM_UP; round++) {
		if (round == WARM_UP) {
			lt_provider_flush(provider, FLUSH_MS);
			n_exported = 0;
			start = measure_ns(CLOCK_PROCESS_CPUTIME_ID);
		}
		pthread_barrier_wait(&run->barrier);
		pthread_barrier_wait(&run->barrier);
		if (!run->bench->sustained)
			lt_provider_flush(provider, FLUSH_MS);
		if (run->bench->is_agents)
			wait_for_round(&first, round + 1);
	}
	lt_provider_flush(provider, FLUSH_MS);
	return measure_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static void measure(const struct bench *bench, unsigned n_rounds, unsigned n_threads)
{
	struct run run = {bench, n_rounds, n_threads};
	struct lt_provider *provider = new_provider(bench, n_threads);
	tracer = lt_tracer_get(provider, "micro", NULL);
	pthread_barrier_init(&run.barrier, NULL, n_threads + 1);

	size_t n_all = (size_t)n_rounds * n_threads;
	double *ns = calloc(n_all, sizeof(*ns));
	if (!ns)
		abort();
	struct producer producers[THREADS_MAX];
	for (unsigned i = 0; i < n_threads; i++) {
		producers[i] = (struct producer){.run = &run, .ns = ns + (size_t)i * n_rounds};
		if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]))
			abort();
	}
	double cpu = run_rounds(&run, provider);
	for (unsigned i = 0; i < n_threads; i++)
		pthread_join(producers[i].thread, NULL);

	uint64_t n_spans = (uint64_t)bench->per_run * ITERATIONS * n_all;
	double median = measure_median(ns, n_all);
	printf("{\"lib\":\"libtrace\",\"case\":\"%s\",\"threads\":%u,\"ns_p50\":%.1f,"
	       "\"ns_min\":%.1f,\"cpu_ns\":%.1f,\"spans\":%llu,\"exported\":%llu,\"drops\":%lld}\n",
		bench->name, n_threads, median, ns[0], cpu / (double)n_spans,
		(unsigned long long)n_spans, (unsigned long long)n_exported,
		bench->is_agents ? 0LL : (long long)((bench->exports ? n_spans : 0) - n_exported));
	fflush(stdout);
	free(ns);
	pthread_barrier_destroy(&run.barrier);
	if (!bench->is_agents)
		lt_provider_free(provider);
}

int main(int argc, char **argv)
{
	unsigned n_rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 300;
	const char *only = argc > 2 ? argv[2] : "all";
	unsigned n_threads = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	if (n_rounds == 0 || n_rounds > ROUNDS_MAX || n_threads == 0 || n_threads > THREADS_MAX) {
		fprintf(stderr, "usage: micro [ROUNDS [CASE|all [THREADS]]]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		if ((strcmp(only, "all") == 0 && !benches[i].is_agents) ||
			strcmp(only, benches[i].name) == 0)
			measure(&benches[i], n_rounds, n_threads);
	return 0;
}
