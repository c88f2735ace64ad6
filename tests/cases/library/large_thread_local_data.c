/* SPDX-License-Identifier: Apache-2.0 */
/* large_thread_local_data.c - what a program keeps per thread is no part of the exporter's stack:
 * its thread starts, and has room to work in.
 */
#include <libtrace/sdk.h>
#include <stdlib.h>
#include <string.h>

#define THREAD_LOCAL_BYTES (600 * 1024)
#define STACK_BYTES (256 * 1024)
#define FLUSH_MS 10000

static __thread volatile char large[THREAD_LOCAL_BYTES];

static int use_stack(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	volatile char bytes[STACK_BYTES];
	memset((char *)bytes, 1, sizeof(bytes));
	return bytes[0] - 1 + bytes[STACK_BYTES - 1] - 1 + large[0];
}

static void keep(struct lt_exporter *self)
{
}

int main(void)
{
	static const struct lt_exporter_impl impl = {.export_spans = use_stack, .free = keep};
	static struct lt_exporter exporter = {&impl};
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	if (lt_processor_batch_new(&exporter, NULL, &options.processor) ||
		lt_provider_new(&options, &provider))
		return EXIT_FAILURE;
	lt_span_end(lt_span_start(lt_tracer_get(provider, "case", NULL), "s", NULL));
	int err = lt_provider_flush(provider, FLUSH_MS);
	lt_provider_free(provider);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
