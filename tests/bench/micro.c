/* SPDX-License-Identifier: Apache-2.0 */
/* micro.c - what a span costs: one JSON line a case, the same cases as the peers' micro benches.
 *
 *	micro [ROUNDS [CASE [THREADS]]]
 *
 * sampled    root and child, each 3 attributes and 1 event, ended into a batch processor whose
 *            exporter discards; bursts of 2,000 spans fit the queue and a flush follows each.
 *            ns: the caller's wall time a span; cpu_ns: the whole process's CPU a span
 * bare       the same without attributes and events
 * unsampled  as sampled, with the sampler always_off
 * propagate  inject and extract of a traceparent, ns a pair
 * sustained  sampled, with the default queue and no pause: what does not fit is dropped and counted
 */
#include <libtrace/propagation.h>
#include <libtrace/sdk.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { ITERATIONS = 1000, WARM_UP = 10, THREADS_MAX = 64, ROUNDS_MAX = 100000 };

static uint64_t n_exported;

static int discard(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	n_exported += n;
	return 0;
}

static void keep(struct lt_exporter *self)
{
}

static double now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double cpu_ns(void)
{
	return now_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* --- the cases ---------------------------------------------------------------------------- */

static struct lt_tracer *tracer;

static void sampled(void)
{
	struct lt_span *root = lt_span_start(tracer, "GET /checkout",
		&(struct lt_span_options){.root = true, .kind = LT_KIND_SERVER});
	lt_span_set(root,
		LT_ATTRS(lt_str("http.request.method", "GET"), lt_str("url.path", "/checkout"),
			lt_int("http.response.status_code", 200)));
	lt_span_event(root, "received", NULL, 0);
	struct lt_span_context parent = lt_span_get_context(root);
	struct lt_span *child = lt_span_start(
		tracer, "check_inventory", &(struct lt_span_options){.parent = &parent});
	lt_span_set(child, LT_ATTRS(lt_str("order.item", "widget"),
				   lt_str("db.system", "postgresql"), lt_int("order.qty", 1)));
	lt_span_event(child, "checked", NULL, 0);
	lt_span_end(child);
	lt_span_end(root);
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

static char header[LT_TRACEPARENT_LEN + 1];

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	if (index > 0 || key[5] != 'p') /* traceparent, not tracestate */
		return false;
	*ret_value = (struct lt_slice){carrier, LT_TRACEPARENT_LEN};
	return true;
}

static int set(void *carrier, const char *key, const char *value)
{
	memcpy(carrier, value, LT_TRACEPARENT_LEN + 1);
	return 0;
}

static void propagate(void)
{
	static const struct lt_carrier_impl impl = {get, set};
	static const struct lt_span_context context = {
		.trace_id = {1, 2, 3}, .span_id = {4, 5}, .flags = LT_FLAG_SAMPLED};
	struct lt_remote_context remote;
	lt_inject(&impl, header, &context);
	if (lt_extract(&impl, header, &remote) != 0)
		abort();
}

/* --- running them ------------------------------------------------------------------------- */

struct bench {
	const char *name;
	void (*run)(void);
	unsigned per_run; /* spans, or pairs */
	bool unsampled, sustained;
};

static const struct bench benches[] = {
	{"sampled", sampled, 2, false, false},
	{"bare", bare, 2, false, false},
	{"unsampled", sampled, 2, true, false},
	{"propagate", propagate, 1, false, false},
	{"sustained", sampled, 2, false, true},
};

static pthread_barrier_t barrier;
static const struct bench *current;
static unsigned n_rounds;

struct producer {
	pthread_t thread;
	double *ns; /* a round: per span */
};

static void *produce(void *arg)
{
	struct producer *producer = arg;
	for (unsigned round = 0; round < n_rounds + WARM_UP; round++) {
		pthread_barrier_wait(&barrier);
		double start = now_ns(CLOCK_MONOTONIC);
		for (unsigned i = 0; i < ITERATIONS; i++)
			current->run();
		double ns = (now_ns(CLOCK_MONOTONIC) - start) / (current->per_run * ITERATIONS);
		if (round >= WARM_UP)
			producer->ns[round - WARM_UP] = ns;
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void run_bench(const struct bench *bench, unsigned n_threads)
{
	static const struct lt_exporter_impl impl = {.export = discard, .free = keep};
	static struct lt_exporter exporter = {&impl};
	struct lt_processor *processor;
	struct lt_provider *provider;
	struct lt_batch_options options = {
		.max_queue_size = bench->sustained ? 0 : 8192 * n_threads};
	if (lt_processor_batch_new(&exporter, &options, &processor) ||
		lt_provider_new(
			&(struct lt_provider_options){
				.processor = processor,
				.sampler = bench->unsampled ? lt_sampler_always_off() : NULL,
			},
			&provider))
		abort();
	tracer = lt_tracer_get(provider, "micro", NULL);
	current = bench;
	pthread_barrier_init(&barrier, NULL, n_threads + 1);

	double *ns = calloc((size_t)n_rounds * n_threads, sizeof *ns);
	struct producer producers[THREADS_MAX];
	for (unsigned i = 0; i < n_threads; i++) {
		producers[i].ns = ns + (size_t)i * n_rounds;
		pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
	}
	double cpu_start = 0;
	struct lt_batch_stats before = {0};
	for (unsigned round = 0; round < n_rounds + WARM_UP; round++) {
		if (round == WARM_UP) {
			lt_provider_flush(provider, 60000);
			before = lt_processor_batch_stats(processor);
			cpu_start = cpu_ns();
		}
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		if (!bench->sustained)
			lt_provider_flush(provider, 60000);
	}
	lt_provider_flush(provider, 60000);
	double cpu = cpu_ns() - cpu_start;
	for (unsigned i = 0; i < n_threads; i++)
		pthread_join(producers[i].thread, NULL);
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	size_t n_all = (size_t)n_rounds * n_threads;
	double n_spans = (double)bench->per_run * ITERATIONS * (double)n_all;
	qsort(ns, n_all, sizeof *ns, compare);
	printf("{\"lib\":\"libtrace\",\"case\":\"%s\",\"threads\":%u,\"ns_p50\":%.1f,\"ns_min\":%."
	       "1f,"
	       "\"cpu_ns\":%.1f,\"spans\":%.0f,\"exported\":%llu,\"drops\":%llu}\n",
		bench->name, n_threads, ns[n_all / 2], ns[0], cpu / n_spans, n_spans,
		(unsigned long long)(stats.n_exported - before.n_exported),
		(unsigned long long)(stats.n_dropped_full - before.n_dropped_full));
	fflush(stdout);
	free(ns);
	pthread_barrier_destroy(&barrier);
	lt_provider_free(provider);
}

int main(int argc, char **argv)
{
	n_rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 300;
	const char *only = argc > 2 ? argv[2] : NULL;
	unsigned n_threads = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	if (n_rounds == 0 || n_rounds > ROUNDS_MAX || n_threads == 0 || n_threads > THREADS_MAX) {
		fprintf(stderr, "usage: micro [ROUNDS [CASE [THREADS]]]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
		if (!only || strcmp(only, benches[i].name) == 0)
			run_bench(&benches[i], n_threads);
	return 0;
}
