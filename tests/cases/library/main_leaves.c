/* SPDX-License-Identifier: Apache-2.0 */
/* main_leaves.c - a process whose main thread leaves by pthread_exit ends when its other threads
 * have, though the exporter's thread is still there: with their spans sent, and exit handlers run.
 */
#include "counting_exporter.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMIT_MS 2000
#define PATIENCE_S 20
#define LONG_MS 3600000

static struct lt_tracer *tracer;
static pthread_t job;

static void check(void)
{
	_exit(n_exported == 2 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void *work(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	lt_span_end(lt_span_start(tracer, "last", NULL));
	return NULL;
}

int main(void)
{
	static const struct lt_exporter_impl impl = {.export_spans = count, .free = keep};
	static struct lt_exporter exporter = {&impl};
	static pthread_t self;
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	alarm(PATIENCE_S);
	atexit(check);
	if (lt_processor_batch_new(&exporter,
		    &(struct lt_batch_options){.schedule_delay_ms = LONG_MS}, &options.processor) ||
		lt_provider_new(&options, &provider))
		return EXIT_FAILURE;
	lt_provider_shutdown_at_exit(provider, LIMIT_MS);
	tracer = lt_tracer_get(provider, "case", NULL);
	lt_span_end(lt_span_start(tracer, "first", NULL));
	self = pthread_self();
	if (pthread_create(&job, NULL, work, &self))
		return EXIT_FAILURE;
	pthread_exit(NULL);
}
