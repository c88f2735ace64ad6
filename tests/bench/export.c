/* SPDX-License-Identifier: Apache-2.0 */
/* export.c - the cost of an exported span: batches of 512 ended spans passed directly to the
 * OTLP/HTTP exporter, which sends them to a receiver on this machine; one JSON line for protobuf,
 * one for JSON. The peers' export benches do the same.
 *
 * 	export [HOST:PORT [ROUNDS]]
 *
 * cpu_ns: the whole process's CPU a span, the sending included; a round is 100 batches
 */
#include <libtrace/sdk.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cases.h"
#include "measure.h"

#define BATCH 512     /* spans */
#define PER_ROUND 100 /* batches */
#define WARM_UP 50    /* batches */
#define ROUNDS_MAX 1000
#define TIMEOUT_MS 30000
#define NEVER_MS 600000

/* Lets a processor collect spans, and measures with what it is given: they live no longer. */
struct measuring {
	struct lt_exporter super;
	const char *endpoint; /* HOST:PORT */
	unsigned n_rounds;
	bool failed;
};

static bool send_batches(
	struct lt_exporter *otlp, const struct lt_span_data *const *spans, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (otlp->impl->export_spans(otlp, spans, BATCH, TIMEOUT_MS) != 0)
			return false;
	return true;
}

static bool measure_protocol(
	struct measuring *self, const char *name, const struct lt_span_data *const *spans)
{
	enum { SPANS = PER_ROUND * BATCH };
	double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
	char url[256], protocol[32];
	struct lt_exporter *otlp;
	snprintf(url, sizeof(url), "http://%s/v1/traces", self->endpoint);
	snprintf(protocol, sizeof(protocol), "http/%s", name);
	if (lt_exporter_otlp_http_new(&(struct lt_otlp_http_options){url, protocol}, &otlp) != 0)
		return false;

	bool sent = send_batches(otlp, spans, WARM_UP);
	for (unsigned round = 0; sent && round < self->n_rounds; round++) {
		double cpu_start = measure_ns(CLOCK_PROCESS_CPUTIME_ID);
		double start = measure_ns(CLOCK_MONOTONIC);
		sent = send_batches(otlp, spans, PER_ROUND);
		cpu[round] = (measure_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_start) / SPANS;
		wall[round] = (measure_ns(CLOCK_MONOTONIC) - start) / SPANS;
	}
	otlp->impl->free(otlp);
	if (!sent)
		return false;
	double median = measure_median(cpu, self->n_rounds);
	printf("{\"lib\":\"libtrace\",\"case\":\"export "
	       "%s\",\"cpu_ns_p50\":%.1f,\"cpu_ns_min\":%.1f,"
	       "\"wall_ns_p50\":%.1f,\"batch\":%d}\n",
		name, median, cpu[0], measure_median(wall, self->n_rounds), BATCH);
	return true;
}

static int measure(struct lt_exporter *super, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct measuring *self = (struct measuring *)super;
	self->failed = n != BATCH || !measure_protocol(self, "protobuf", spans) ||
		       !measure_protocol(self, "json", spans);
	return 0;
}

static void keep(struct lt_exporter *self)
{
}

int main(int argc, char **argv)
{
	static const struct lt_exporter_impl impl = {.export_spans = measure, .free = keep};
	struct measuring measuring = {
		.super = {&impl},
		.endpoint = argc > 1 ? argv[1] : "127.0.0.1:4318",
		.n_rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 10,
		.failed = true,
	};
	if (measuring.n_rounds == 0 || measuring.n_rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: export [HOST:PORT [ROUNDS]]\n");
		return 2;
	}
	/* The queue holds one batch; it is exported when it is full. */
	struct lt_batch_options batch = {.max_queue_size = BATCH,
		.max_batch_size = BATCH,
		.schedule_delay_ms = NEVER_MS,
		.export_timeout_ms = NEVER_MS};
	struct lt_provider_options options = {.sampler = lt_sampler_always_on()};
	struct lt_provider *provider;
	if (lt_processor_batch_new(&measuring.super, &batch, &options.processor) ||
		lt_provider_new(&options, &provider))
		abort();
	struct lt_tracer *tracer = lt_tracer_get(provider, "micro", NULL);
	for (unsigned i = 0; i < BATCH / CASE_SPANS; i++)
		case_sampled(tracer);
	lt_provider_flush(provider, NEVER_MS);
	lt_provider_free(provider);
	if (measuring.failed)
		fprintf(stderr, "export: %s did not take the spans\n", measuring.endpoint);
	return measuring.failed;
}
