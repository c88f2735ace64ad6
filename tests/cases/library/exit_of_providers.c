/* SPDX-License-Identifier: Apache-2.0 */
/* exit_of_providers.c - an exit flushes every registered provider, once, and none that was freed.
 *
 * An exit handler registered before libtrace's runs after it, and checks what has arrived.
 */
#include <libtrace/sdk.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_MS 2000
#define N_PROVIDERS 3
#define FREED 1

struct counter {
	struct lt_exporter super;
	size_t n_spans;
	bool is_freed;
};

static struct counter counters[N_PROVIDERS];

static int count(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	((struct counter *)self)->n_spans += n;
	return 0;
}

static void mark(struct lt_exporter *self)
{
	((struct counter *)self)->is_freed = true;
}

static struct lt_provider *new_provider(struct counter *counter)
{
	static const struct lt_exporter_impl impl = {.export_spans = count, .free = mark};
	struct lt_provider_options options = {0};
	struct lt_provider *provider;
	counter->super.impl = &impl;
	if (lt_processor_batch_new(&counter->super, NULL, &options.processor) ||
		lt_provider_new(&options, &provider))
		abort();
	return provider;
}

static void check(void)
{
	for (int i = 0; i < N_PROVIDERS; i++)
		if (counters[i].n_spans != 1 || counters[i].is_freed != (i == FREED))
			_exit(EXIT_FAILURE);
}

int main(void)
{
	struct lt_provider *providers[N_PROVIDERS];
	atexit(check);
	for (int i = 0; i < N_PROVIDERS; i++) {
		providers[i] = new_provider(&counters[i]);
		lt_provider_shutdown_at_exit(providers[i], LIMIT_MS);
		lt_provider_shutdown_at_exit(providers[i], LIMIT_MS); /* again does not harm */
		lt_span_end(lt_span_start(lt_tracer_get(providers[i], "case", NULL), "s", NULL));
	}
	lt_provider_free(providers[FREED]);
	return 0;
}
