/* SPDX-License-Identifier: Apache-2.0 */
/* processor_batch.c - a bounded queue of ended spans, and the thread that exports them.
 *
 * Ending a span costs its thread one atomic operation: it takes the next place in a ring, and puts
 * the span there.  The worker empties places in order and gives them free when their spans have
 * been exported, so there is no lock between them, and no way for a slow collector to be felt.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor
 */
#include "clock.h"
#include "config.h"
#include "exit.h"
#include "exporter.h"
#include "span_queue.h"

#include <errno.h>
#include <inttypes.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
	QUEUE_SIZE = 2048,		 /* defaults of the OTEL_BSP_* variables, */
	BATCH_SIZE = 512,		 /* https://opentelemetry.io/docs/specs/otel/ */
	SCHEDULE_DELAY_MS = 5000,	 /* configuration/sdk-environment-variables/ */
	EXPORT_TIMEOUT_MS = 30000,	 /* #batch-span-processor */
	QUEUE_SIZE_MAX = 1 << 20,	 /* 2 GiB of blocks: more is a mistake in a variable */
	DROPS_INTERVAL_MS = 60000,	 /* how often dropped spans are reported */
	NAP_MS = 10,			 /* after a full batch, see wait_for_work */
	SPANS_AHEAD = 4,		 /* fetched while the ones before are recycled */
	WORKER_STACK_BYTES = 512 * 1024, /* libcurl and OpenSSL need some 100 KiB */
};

struct batch {
	struct lt_processor super;
	struct lt_exporter *exporter;
	struct lt_batch_options limits; /* resolved */
	struct batch *next;		/* in `all`, for forks */

	struct lt_span_queue queue;
	atomic_bool is_running; /* the worker has been started */
	atomic_size_t wake_at;	/* it sleeps until so many are queued; SIZE_MAX: it is awake */
	atomic_bool is_closed;	/* shut down: nothing more is queued */
	_Atomic uint64_t n_exported, n_dropped_full, n_dropped_failed;

	pthread_mutex_t lock; /* of what follows; never held while exporting */
	pthread_cond_t wake;  /* the worker has something to do */
	pthread_cond_t done;  /* the worker has done what a flush waits for */
	pthread_t worker;
	bool must_stop;
	uint64_t flush_wanted, flush_done; /* tickets */

	uint64_t dropped_reported; /* worker only: count at the last report, */
	uint64_t drops_report_ns;  /* and its time; 0: never */
};

/* All batch processors of the process: a fork's child has no worker of any of them. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct batch *all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_ms(struct timespec *t, unsigned ms)
{
	t->tv_sec += ms / 1000;
	t->tv_nsec += (long)(ms % 1000) * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_sec++;
		t->tv_nsec -= 1000000000;
	}
}

static struct timespec deadline_after(unsigned ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	add_ms(&t, ms);
	return t;
}

/* --- the worker --------------------------------------------------------------------------- */

static uint64_t n_dropped(struct batch *batch)
{
	return atomic_load(&batch->n_dropped_full) + atomic_load(&batch->n_dropped_failed);
}

/* At once for the first loss, then at most once an interval. */
static void report_drops(struct batch *batch, bool is_last)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	uint64_t dropped = n_dropped(batch);
	if (dropped == batch->dropped_reported)
		return;
	if (!is_last && batch->drops_report_ns &&
		now_ns - batch->drops_report_ns < DROPS_INTERVAL_MS * UINT64_C(1000000))
		return;
	lt_report(LT_LEVEL_WARN,
		"%" PRIu64 " spans dropped since the last report (since start: %" PRIu64
		" with the queue of %zu full, %" PRIu64 " that could not be exported)",
		dropped - batch->dropped_reported, atomic_load(&batch->n_dropped_full),
		batch->limits.max_queue_size, atomic_load(&batch->n_dropped_failed));
	batch->dropped_reported = dropped;
	batch->drops_report_ns = now_ns;
}

/* What the worker works with: arrays for one batch. */
struct workbench {
	struct lt_span **taken;
	const struct lt_span_data **spans; /* the same, as exporters read them */
};

static bool workbench_init(struct workbench *bench, size_t n)
{
	bench->taken = malloc(n * sizeof *bench->taken);
	bench->spans = malloc(n * sizeof *bench->spans);
	return bench->taken && bench->spans;
}

static void workbench_done(struct workbench *bench)
{
	free(bench->taken);
	free(bench->spans);
}

/* Exports one batch of what is queued; returns its size. */
static size_t export_batch(struct batch *batch, struct workbench *bench)
{
	size_t n = lt_span_queue_take(&batch->queue, bench->taken, batch->limits.max_batch_size);
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		bench->spans[i] = &bench->taken[i]->data;
	int err = lt_exporter_export(
		batch->exporter, bench->spans, n, batch->limits.export_timeout_ms);
	atomic_fetch_add(err ? &batch->n_dropped_failed : &batch->n_exported, n);
	for (size_t i = 0; i < n; i++) {
		if (i + SPANS_AHEAD < n)
			__builtin_prefetch(bench->taken[i + SPANS_AHEAD]);
		lt_span_recycle(bench->taken[i]);
	}
	lt_span_queue_release(&batch->queue, n);
	return n;
}

/* Exports what was queued when it was called, or as many full batches; what comes while it exports
 * can wait for its turn.
 * @return whether that was a full batch or more */
static bool export_queued(struct batch *batch, struct workbench *bench, bool all_is_due)
{
	size_t n_queued = lt_span_queue_count(&batch->queue);
	size_t n_left = all_is_due ? n_queued : n_queued - n_queued % batch->limits.max_batch_size;
	while (n_left) {
		size_t n = export_batch(batch, bench);
		n_left -= n < n_left ? n : n_left;
	}
	return n_queued >= batch->limits.max_batch_size;
}

/* Lock held. */
static bool is_asked(const struct batch *batch)
{
	return batch->must_stop || batch->flush_wanted != batch->flush_done;
}

/* Sleeps until n_spans are queued or somebody asks (true), or the time has passed (false). */
static bool sleep_until(struct batch *batch, size_t n_spans, unsigned timeout_ms)
{
	struct timespec deadline = deadline_after(timeout_ms);
	bool has_work = false;
	for (int err = 0; err != ETIMEDOUT;) {
		/* First say so, then look: a span that comes in between wakes us. */
		atomic_store(&batch->wake_at, n_spans);
		has_work = is_asked(batch) || lt_span_queue_count(&batch->queue) >= n_spans;
		if (has_work)
			break;
		err = pthread_cond_timedwait(&batch->wake, &batch->lock, &deadline);
	}
	atomic_store(&batch->wake_at, SIZE_MAX);
	return has_work;
}

/* Until there is a full batch, somebody asks, or the delay has passed.  To be woken costs the
 * thread that does it a system call; so after a full batch, when the next may be near, the worker
 * wakes up by itself, unless the queue gets half full meanwhile.
 * @return whether all that is queued is due, and not only full batches */
static bool wait_for_work(struct batch *batch, bool is_busy)
{
	const struct lt_batch_options *limits = &batch->limits;
	size_t half = limits->max_queue_size / 2;
	if (is_busy && half > limits->max_batch_size && sleep_until(batch, half, NAP_MS))
		return is_asked(batch);
	bool is_delay_over = !sleep_until(batch, limits->max_batch_size, limits->schedule_delay_ms);
	return is_delay_over || is_asked(batch);
}

static void *work(void *arg)
{
	struct batch *batch = arg;
	struct workbench bench;
	if (!workbench_init(&bench, batch->limits.max_batch_size)) {
		workbench_done(&bench);
		return NULL; /* the queue fills, and what comes is dropped and counted */
	}
	lt_suppress_enter(); /* the exporter's own requests are nobody's spans */

	pthread_mutex_lock(&batch->lock);
	bool must_stop, is_busy = false;
	do {
		bool all_is_due = wait_for_work(batch, is_busy);
		must_stop = batch->must_stop;
		uint64_t ticket = batch->flush_wanted;
		pthread_mutex_unlock(&batch->lock);

		is_busy = export_queued(batch, &bench, all_is_due);
		report_drops(batch, must_stop);
		lt_clock_anchor();

		pthread_mutex_lock(&batch->lock);
		batch->flush_done = ticket;
		pthread_cond_broadcast(&batch->done);
	} while (!must_stop);
	pthread_mutex_unlock(&batch->lock);
	workbench_done(&bench);
	return NULL;
}

/* batch->lock held.  The worker takes no signals: they are the program's. */
static void start_worker(struct batch *batch)
{
	if (atomic_load(&batch->is_running) || batch->must_stop)
		return;
	lt_exit_renew(); /* the span that ends may have set up the TLS library that we share */
	sigset_t every, before;
	sigfillset(&every);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WORKER_STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	int err = pthread_create(&batch->worker, &attr, work, batch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (err) {
		lt_report(LT_LEVEL_ERROR, "no thread for the exporter: %s", strerror(err));
		return;
	}
	pthread_setname_np(batch->worker, "libtrace");
	atomic_store(&batch->is_running, true);
}

static void wake_worker(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	start_worker(batch);
	pthread_cond_signal(&batch->wake);
	pthread_mutex_unlock(&batch->lock);
}

/* --- the program's threads ---------------------------------------------------------------- */

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct batch *batch = (struct batch *)self;
	if (!(span->data.context.flags & LT_FLAG_SAMPLED)) { /* recorded only */
		lt_span_recycle(span);
		return;
	}
	size_t n_queued = 0;
	if (!atomic_load_explicit(&batch->is_closed, memory_order_relaxed))
		n_queued = lt_span_queue_put(&batch->queue, span);
	if (n_queued == 0) {
		atomic_fetch_add_explicit(&batch->n_dropped_full, 1, memory_order_relaxed);
		lt_span_recycle(span);
		return;
	}
	if (!atomic_load_explicit(&batch->is_running, memory_order_relaxed) ||
		(n_queued >= atomic_load(&batch->wake_at) &&
			atomic_exchange(&batch->wake_at, SIZE_MAX) != SIZE_MAX))
		wake_worker(batch);
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	struct batch *batch = (struct batch *)self;
	struct timespec deadline = deadline_after(timeout_ms);
	uint64_t dropped_before = atomic_load(&batch->n_dropped_failed);
	int err = 0;

	pthread_mutex_lock(&batch->lock);
	if (atomic_load(&batch->is_running)) {
		uint64_t ticket = ++batch->flush_wanted;
		pthread_cond_signal(&batch->wake);
		while (!err && batch->flush_done < ticket)
			err = -pthread_cond_timedwait(&batch->done, &batch->lock, &deadline);
	}
	pthread_mutex_unlock(&batch->lock);
	if (!err && atomic_load(&batch->n_dropped_failed) != dropped_before)
		err = -EIO;
	return err;
}

static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	struct batch *batch = (struct batch *)self;
	atomic_store(&batch->is_closed, true);
	if (batch->exporter->impl->hurry)
		batch->exporter->impl->hurry(batch->exporter, timeout_ms);

	pthread_mutex_lock(&batch->lock);
	bool is_running = atomic_load(&batch->is_running);
	batch->must_stop = true;
	pthread_cond_signal(&batch->wake);
	pthread_mutex_unlock(&batch->lock);
	if (is_running) {
		pthread_join(batch->worker, NULL);
		atomic_store(&batch->is_running, false);
	}
	return atomic_load(&batch->n_dropped_failed) ? -EIO : 0;
}

struct lt_batch_stats lt_processor_batch_stats(const struct lt_processor *processor)
{
	const struct batch *batch = (const struct batch *)processor;
	return (struct lt_batch_stats){
		.n_exported = atomic_load(&batch->n_exported),
		.n_dropped_full = atomic_load(&batch->n_dropped_full),
		.n_dropped_failed = atomic_load(&batch->n_dropped_failed),
	};
}

/* --- life --------------------------------------------------------------------------------- */

static void init_conditions(struct batch *batch)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&batch->wake, &attr);
	pthread_cond_init(&batch->done, &attr);
	pthread_condattr_destroy(&attr);
}

static void before_fork(void)
{
	pthread_mutex_lock(&all_lock);
	for (struct batch *batch = all; batch; batch = batch->next)
		pthread_mutex_lock(&batch->lock);
}

static void after_fork_parent(void)
{
	for (struct batch *batch = all; batch; batch = batch->next)
		pthread_mutex_unlock(&batch->lock);
	pthread_mutex_unlock(&all_lock);
}

/* What is queued is the parent's to export; the child starts anew, with its first span. */
static void after_fork_child(void)
{
	for (struct batch *batch = all; batch; batch = batch->next) {
		lt_span_queue_clear(&batch->queue);
		atomic_store(&batch->is_running, false);
		atomic_store(&batch->wake_at, SIZE_MAX);
		batch->flush_done = batch->flush_wanted;
		init_conditions(batch);
		pthread_mutex_unlock(&batch->lock);
	}
	pthread_mutex_unlock(&all_lock);
}

static void watch_forks(void)
{
	lt_span_pool_init();
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

static void free_batch(struct lt_processor *self)
{
	struct batch *batch = (struct batch *)self;
	pthread_mutex_lock(&all_lock);
	for (struct batch **p = &all; *p; p = &(*p)->next)
		if (*p == batch) {
			*p = batch->next;
			break;
		}
	pthread_mutex_unlock(&all_lock);

	lt_span_queue_done(&batch->queue);
	lt_exporter_free(batch->exporter);
	pthread_cond_destroy(&batch->wake);
	pthread_cond_destroy(&batch->done);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

static struct lt_batch_options resolve(const struct lt_batch_options *options)
{
	struct lt_batch_options limits = *options;
	if (!limits.max_queue_size)
		limits.max_queue_size =
			lt_config_uint("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_SIZE, 1, QUEUE_SIZE_MAX);
	if (!limits.max_batch_size)
		limits.max_batch_size = lt_config_uint(
			"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SIZE, 1, QUEUE_SIZE_MAX);
	if (limits.max_batch_size > limits.max_queue_size)
		limits.max_batch_size = limits.max_queue_size;
	if (!limits.schedule_delay_ms)
		limits.schedule_delay_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_SCHEDULE_DELAY", SCHEDULE_DELAY_MS, 0, INT32_MAX);
	if (!limits.export_timeout_ms)
		limits.export_timeout_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_EXPORT_TIMEOUT", EXPORT_TIMEOUT_MS, 0, INT32_MAX);
	if (!limits.schedule_delay_ms)
		limits.schedule_delay_ms = 1; /* "at once", and still not a busy loop */
	return limits;
}

int lt_processor_batch_new(struct lt_exporter *exporter, const struct lt_batch_options *options,
	struct lt_processor **ret_processor)
{
	static const struct lt_batch_options defaults;
	static const struct lt_processor_impl impl = {
		.on_end = on_end, .flush = flush, .shutdown = shut_down, .free = free_batch};
	if (!exporter)
		return -EINVAL;
	struct lt_batch_options limits = resolve(options ? options : &defaults);
	struct batch *batch = aligned_alloc(_Alignof(struct batch), sizeof *batch);
	if (batch)
		*batch = (struct batch){.super = {&impl}, .exporter = exporter, .limits = limits};
	if (!batch || lt_span_queue_init(&batch->queue, limits.max_queue_size) != 0) {
		free(batch);
		lt_exporter_free(exporter);
		return -ENOMEM;
	}
	pthread_mutex_init(&batch->lock, NULL);
	init_conditions(batch);
	atomic_init(&batch->wake_at, SIZE_MAX);

	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&all_lock);
	batch->next = all;
	all = batch;
	pthread_mutex_unlock(&all_lock);
	*ret_processor = &batch->super;
	return 0;
}
