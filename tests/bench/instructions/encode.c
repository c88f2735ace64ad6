/* SPDX-License-Identifier: Apache-2.0 */
/* encode.c - encodes one batch of spans again and again on the worker's thread, for callgrind.
 *
 *	encode protobuf|json ROUNDS
 */
#include "encode/encode.h"
#include "../cases.h"

#include <libtrace/sdk.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 512 /* spans; OTEL_BSP_MAX_EXPORT_BATCH_SIZE's default; the test knows it too */

static void (*encode)(struct lt_buffer *, const struct lt_span_data *const *, size_t);
static unsigned n_rounds, n_batches;

static int encode_rounds(struct lt_exporter *self, const struct lt_span_data *const *spans,
	size_t n, unsigned timeout_ms)
{
	struct lt_buffer buffer = {0};

	for (unsigned i = 0; i < n_rounds; i++) {
		lt_buffer_reset(&buffer);
		encode(&buffer, spans, n);
	}
	bool failed = buffer.failed;
	lt_buffer_done(&buffer);
	n_batches++;
	return failed || n != BATCH ? -1 : 0;
}

static void keep(struct lt_exporter *self)
{
}

int main(int argc, char **argv)
{
	static const struct lt_exporter_impl impl = {.export_spans = encode_rounds, .free = keep};
	static struct lt_exporter exporter = {&impl};
	/* One batch, however long callgrind takes for its spans. */
	static const struct lt_batch_options options = {
		.max_queue_size = 2 * BATCH, .max_batch_size = BATCH, .schedule_delay_ms = 600000};
	struct lt_processor *processor;
	struct lt_provider *provider;

	if (argc != 3) {
		fprintf(stderr, "usage: encode protobuf|json ROUNDS\n");
		return 2;
	}
	encode = strcmp(argv[1], "json") == 0 ? lt_otlp_json_encode : lt_otlp_protobuf_encode;
	n_rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (lt_processor_batch_new(&exporter, &options, &processor) ||
		lt_provider_new(&(struct lt_provider_options){.processor = processor,
					.sampler = lt_sampler_always_on()},
			&provider))
		return 1;
	struct lt_tracer *tracer = lt_tracer_get(provider, "encode", NULL);
	for (unsigned i = 0; i < BATCH / CASE_SPANS; i++)
		case_sampled(tracer);
	int err = lt_provider_flush(provider, 60000);
	lt_provider_free(provider);
	return err || n_batches != 1;
}
