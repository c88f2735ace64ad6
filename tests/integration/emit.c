/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c - makes spans through the public API and prints what became of them, for test_exporter.py.
 *
 *   emit [--rounds N] [--flush-ms MS] [--per-second N] [--from-env] [--values]
 *        [--composite RATIO] [--bytes N] N_SPANS
 *
 * Each round makes N_SPANS spans named "span 0", "span 1", … and flushes. --from-env configures all
 * by the OTEL_* variables, or takes the agent's provider where there is one; otherwise the exporter is
 * OTLP, with counts.  --per-second spreads them evenly. --values gives each an attribute with values of
 * every type in it, --bytes one of so many bytes; --composite samples a share of them by a composable
 * sampler.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libtrace/sdk.h>

#define SHUTDOWN_TIMEOUT_MS 2000

static char bytes[1 << 20]; /* of --bytes; "": none */

static int new_composite(double ratio, struct lt_sampler **ret_sampler)
{
	struct lt_composable *probability, *by_parent;
	int err = lt_composable_probability_new(ratio, &probability);
	if (!err)
		err = lt_composable_parent_threshold_new(probability, &by_parent);
	return err ? err : lt_sampler_composite_new(by_parent, ret_sampler);
}

static struct lt_provider *new_provider(
	bool from_env, struct lt_sampler *sampler, struct lt_processor **ret_processor)
{
	struct lt_provider_options options = {.sampler = sampler};
	struct lt_exporter *exporter;
	struct lt_provider *provider = from_env ? lt_provider_global() : NULL;
	int err = 0;

	*ret_processor = NULL;
	if (!from_env) {
		err = lt_exporter_otlp_http_new(NULL, &exporter);
		if (!err)
			err = lt_processor_batch_new(exporter, NULL, ret_processor);
		options.processor = *ret_processor;
	}
	if (!err && !provider)
		err = lt_provider_new(&options, &provider);
	printf("provider %s\n", err ? strerror(-err) : "ok");
	return provider;
}

/* Until it is the turn of the i-th of so many a second, of which the first was at start. */
static void wait_for_turn(struct timespec start, int i, int per_second)
{
	long long ns = start.tv_nsec + i * (1000000000LL / per_second);
	start.tv_sec += ns / 1000000000;
	start.tv_nsec = ns % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
}

static void set_values(struct lt_span *span)
{
	struct lt_slice strings[] = {lt_slice("a"), lt_slice("b")};
	lt_span_set(
		span, LT_ATTRS(lt_map("values",
			      LT_ATTRS(lt_bytes("bytes", "\0\xff", 2),
				      lt_strs("strings", strings, 2), lt_map("none", NULL, 0),
				      lt_array("mixed",
					      LT_ATTRS(lt_str("", "text"), lt_str("", NULL),
						      lt_double("", 0.5), lt_bool("", true)))))));
}

/* per_second: 0: as fast as it can */
static void make_spans(struct lt_tracer *tracer, int n, int per_second, bool has_values)
{
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < n; i++) {
		char name[32];
		if (per_second)
			wait_for_turn(start, i, per_second);
		snprintf(name, sizeof(name), "span %d", i);
		struct lt_attr i_attr = lt_int("i", i);
		struct lt_span *span = lt_span_start(
			tracer, name, &(struct lt_span_options){.attrs = &i_attr, .n_attrs = 1});
		if (has_values)
			set_values(span);
		if (bytes[0])
			lt_span_set(span, LT_ATTRS(lt_str("bytes", bytes)));
		lt_span_end(span);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"rounds", required_argument, NULL, 'r'},
		{"flush-ms", required_argument, NULL, 'f'},
		{"per-second", required_argument, NULL, 's'}, {"from-env", no_argument, NULL, 'e'},
		{"bytes", required_argument, NULL, 'b'}, {"values", no_argument, NULL, 'v'},
		{"composite", required_argument, NULL, 'c'}, {0}};
	int option, n_rounds = 1, per_second = 0;
	unsigned flush_ms = 10000;
	bool from_env = false, has_values = false;
	struct lt_sampler *sampler = NULL;
	struct lt_processor *processor;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			n_rounds = atoi(optarg);
		else if (option == 'f')
			flush_ms = (unsigned)atoi(optarg);
		else if (option == 's')
			per_second = atoi(optarg);
		else if (option == 'b')
			memset(bytes, 'x', (size_t)atoi(optarg) % sizeof(bytes));
		else if (option == 'e')
			from_env = true;
		else if (option == 'v')
			has_values = true;
		else if (option == 'c' && new_composite(atof(optarg), &sampler) == 0)
			continue;
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct lt_provider *provider = new_provider(from_env, sampler, &processor);
	lt_provider_set_global(provider);
	struct lt_tracer *tracer = lt_tracer_get(provider, "emit", "1");
	for (int round = 0; round < n_rounds; round++) {
		make_spans(tracer, optind < argc ? atoi(argv[optind]) : 1, per_second, has_values);
		if (provider) {
			int err = lt_provider_flush(provider, flush_ms);
			printf("flush %s\n", err ? strerror(-err) : "ok");
		}
	}
	if (provider)
		lt_provider_shutdown(provider, SHUTDOWN_TIMEOUT_MS);
	if (processor) {
		struct lt_batch_stats stats = lt_processor_batch_stats(processor);
		printf("exported %llu full %llu failed %llu\n",
			(unsigned long long)stats.n_exported,
			(unsigned long long)stats.n_dropped_full,
			(unsigned long long)stats.n_dropped_failed);
		printf("rejected %llu\n", (unsigned long long)stats.n_dropped_rejected);
	}
	lt_provider_free(provider);
	return 0;
}
