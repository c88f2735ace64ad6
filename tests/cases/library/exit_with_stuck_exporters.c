/* SPDX-License-Identifier: Apache-2.0 */
/* exit_with_stuck_exporters.c - an exit takes its limit and no more, however many exporters do not
 * return and however often the handler was renewed; one that works gets its share of the time.
 */
#include "counting_exporter.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 300
#define GRACE_MS 50
#define N_PROVIDERS 3
#define WORKS 0

static double began_s;

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int never_return(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	for (;;)
		pause();
	return 0;
}

static void check(void)
{
	double took_s = seconds() - began_s;
	_exit(n_exported == 1 && took_s >= LIMIT_MS / 2e3 &&
				took_s < (LIMIT_MS + GRACE_MS) * SLOWNESS / 1e3
			? EXIT_SUCCESS
			: EXIT_FAILURE);
}

int main(void)
{
	static const struct lt_exporter_impl stuck = {.export_spans = never_return, .free = keep};
	static const struct lt_exporter_impl works = {.export_spans = count, .free = keep};
	static struct lt_exporter exporters[N_PROVIDERS];
	atexit(check);
	for (int i = 0; i < N_PROVIDERS; i++) {
		struct lt_provider_options options = {0};
		struct lt_provider *provider;
		exporters[i].impl = i == WORKS ? &works : &stuck;
		if (lt_processor_batch_new(&exporters[i], NULL, &options.processor) ||
			lt_provider_new(&options, &provider))
			return EXIT_FAILURE;
		lt_provider_shutdown_at_exit(provider, LIMIT_MS);
		lt_span_end(lt_span_start(lt_tracer_get(provider, "case", NULL), "s", NULL));
	}
	began_s = seconds();
	exit(EXIT_SUCCESS);
}
