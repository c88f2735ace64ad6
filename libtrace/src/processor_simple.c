/* SPDX-License-Identifier: Apache-2.0 */
/* processor_simple.c - exports each span when it ends.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#simple-processor
 */
#include "exporter.h"
#include "span.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <stdlib.h>

enum { EXPORT_TIMEOUT_MS = 30000 };

struct simple {
	struct lt_processor super;
	struct lt_exporter *exporter;
	pthread_mutex_t lock; /* held round export(), which must not run twice at once */
	bool failed;	      /* since the last flush */
};

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct simple *simple = (struct simple *)self;
	if (span->data.context.flags & LT_FLAG_SAMPLED) {
		const struct lt_span_data *data = &span->data;
		lt_suppress_enter();
		pthread_mutex_lock(&simple->lock);
		if (lt_exporter_export(simple->exporter, &data, 1, EXPORT_TIMEOUT_MS) != 0)
			simple->failed = true;
		pthread_mutex_unlock(&simple->lock);
		lt_suppress_leave();
	}
	lt_span_recycle(span);
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	struct simple *simple = (struct simple *)self;
	pthread_mutex_lock(&simple->lock);
	bool failed = simple->failed;
	simple->failed = false;
	pthread_mutex_unlock(&simple->lock);
	return failed ? -EIO : 0;
}

static void free_simple(struct lt_processor *self)
{
	struct simple *simple = (struct simple *)self;
	lt_exporter_free(simple->exporter);
	pthread_mutex_destroy(&simple->lock);
	free(simple);
}

int lt_processor_simple_new(struct lt_exporter *exporter, struct lt_processor **ret_processor)
{
	static const struct lt_processor_impl impl = {
		.on_end = on_end, .flush = flush, .shutdown = flush, .free = free_simple};
	if (!exporter)
		return -EINVAL;
	struct simple *simple = malloc(sizeof *simple);
	if (!simple) {
		lt_exporter_free(exporter);
		return -ENOMEM;
	}
	*simple = (struct simple){.super = {&impl}, .exporter = exporter};
	pthread_mutex_init(&simple->lock, NULL);
	*ret_processor = &simple->super;
	return 0;
}
