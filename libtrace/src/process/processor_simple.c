/* SPDX-License-Identifier: Apache-2.0 */
/* processor_simple.c - exports each span when it ends.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#simple-processor
 */
#include "export/exporter.h"
#include "process/export_counts.h"
#include "trace/span.h"
#include "util/clock.h"
#include "util/defaults.h"
#include "util/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EXPORT_TIMEOUT_MS LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS

struct simple {
	struct lt_processor super;
	struct lt_exporter *exporter;

	pthread_mutex_t lock; /* of what follows; never held while exporting */
	pthread_cond_t idle;  /* no thread exports */
	pid_t exporting;      /* the process, one thread of which is in export(); 0: none.  A fork's
				 child has no such thread */
	struct lt_export_counts counts; /* of the exporting thread */
	_Atomic uint64_t n_late;

	bool is_shut_down;
	bool failed; /* since the last flush */
};

/* Lock held. */
static bool is_busy(const struct simple *simple)
{
	return simple->exporting && simple->exporting == getpid();
}

/* Waits its turn: export() must not run concurrently.  False after a shutdown. */
static bool begin_export(struct simple *simple)
{
	pthread_mutex_lock(&simple->lock);
	while (!simple->is_shut_down && is_busy(simple))
		pthread_cond_wait(&simple->idle, &simple->lock);
	bool may = !simple->is_shut_down;
	if (may)
		simple->exporting = getpid();
	pthread_mutex_unlock(&simple->lock);
	return may;
}

static void end_export(struct simple *simple, int err)
{
	pthread_mutex_lock(&simple->lock);
	simple->exporting = 0;
	simple->failed |= err != 0;
	pthread_cond_broadcast(&simple->idle);
	pthread_mutex_unlock(&simple->lock);
}

static int export_one(struct simple *simple, const struct lt_span_data *data)
{
	lt_export_begin(&simple->counts, 1);
	int result = lt_exporter_export(simple->exporter, &data, 1, EXPORT_TIMEOUT_MS);
	lt_export_end(&simple->counts, simple->exporter, &data, 1, result);
	return result;
}

static size_t read_metrics(
	struct lt_processor *self, struct lt_processor_metrics *metrics, size_t max)
{
	struct simple *simple = (struct simple *)self;
	if (!max)
		return 0;
	*metrics = (struct lt_processor_metrics){.type = "simple_span_processor",
		.n_already_shutdown = atomic_load(&simple->n_late)};
	lt_export_read(&simple->counts, simple->exporter, metrics);
	return 1;
}

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct simple *simple = (struct simple *)self;
	if (span->data.context.flags & LT_FLAG_SAMPLED) {
		lt_suppress_enter();
		if (begin_export(simple)) {
			end_export(simple, export_one(simple, &span->data));
		} else {
			atomic_fetch_add(&simple->n_late, 1);
			lt_report_limited("late span", LT_LEVEL_DEBUG,
				"a span that ended after shutdown is not exported");
		}
		lt_suppress_leave();
	}
	lt_span_recycle(span);
}

/* Waits until no thread exports.  Lock held. */
static int wait_until_idle(struct simple *simple, uint64_t end_ns)
{
	struct timespec end = {
		.tv_sec = (time_t)(end_ns / 1000000000), .tv_nsec = (long)(end_ns % 1000000000)};
	int err = 0;
	while (!err && is_busy(simple))
		err = -pthread_cond_timedwait(&simple->idle, &simple->lock, &end);
	return is_busy(simple) ? err : 0;
}

/* When no thread exports, and none until it returns. */
static int finish(struct simple *simple, unsigned timeout_ms,
	int (*finish_with)(struct lt_exporter *exporter, unsigned timeout_ms))
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	uint64_t end_ns = now_ns + timeout_ms * UINT64_C(1000000);
	pthread_mutex_lock(&simple->lock);
	int err = wait_until_idle(simple, end_ns);
	bool has_failed = simple->failed;
	simple->failed = false;
	if (!err)
		simple->exporting = getpid();
	pthread_mutex_unlock(&simple->lock);
	if (err)
		return err;
	now_ns = lt_clock_monotonic_ns();
	lt_suppress_enter();
	err = finish_with(simple->exporter,
		now_ns < end_ns ? (unsigned)((end_ns - now_ns) / UINT64_C(1000000)) : 0);
	lt_suppress_leave();
	end_export(simple, 0);
	return has_failed ? -EIO : err;
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	return finish((struct simple *)self, timeout_ms, lt_exporter_flush);
}

/* A second call, after one that has timed out, is to know whether the exporter has returned. */
static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	struct simple *simple = (struct simple *)self;
	pthread_mutex_lock(&simple->lock);
	simple->is_shut_down = true;
	pthread_cond_broadcast(&simple->idle); /* threads that wait to export give up */
	pthread_mutex_unlock(&simple->lock);
	if (simple->exporter->impl->hurry)
		simple->exporter->impl->hurry(simple->exporter, timeout_ms);
	return finish(simple, timeout_ms, lt_exporter_shutdown);
}

static void free_simple(struct lt_processor *self)
{
	struct simple *simple = (struct simple *)self;
	lt_exporter_free(simple->exporter);
	pthread_cond_destroy(&simple->idle);
	pthread_mutex_destroy(&simple->lock);
	free(simple);
}

int lt_processor_simple_new(struct lt_exporter *exporter, struct lt_processor **ret_processor)
{
	static const struct lt_processor_impl impl = {.on_end = on_end,
		.flush = flush,
		.shutdown = shut_down,
		.free = free_simple,
		.metrics = read_metrics};
	if (!exporter)
		return -EINVAL;
	struct simple *simple = malloc(sizeof(*simple));
	if (!simple) {
		lt_exporter_free(exporter);
		return -ENOMEM;
	}
	*simple = (struct simple){.super = {&impl}, .exporter = exporter};
	pthread_mutex_init(&simple->lock, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&simple->idle, &attr);
	pthread_condattr_destroy(&attr);
	*ret_processor = &simple->super;
	return 0;
}
