/* SPDX-License-Identifier: Apache-2.0 */
/* processor_batch.c - puts ended spans into a bounded queue, which a thread empties (batch.h).
 *
 * Ending a span costs its thread one atomic operation: it takes the next place in a ring, and puts
 * the span there.  The worker empties places in order and gives them free when their spans have
 * been exported, so there is no lock between them, and no way for a slow collector to be felt.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor
 */
#include "export/exporter.h"
#include "process/batch.h"
#include "process/leader.h"
#include "util/report.h"

#include <errno.h>
#include <stdlib.h>

#define LOCK_NAP_MS 1 /* see lock_until */

/* All batch processors of the process: a fork's child has none of their workers. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lt_batch *all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* False at the deadline.  The lock is only held briefly, but exit() may be called by a signal
 * handler that has interrupted the thread that holds it. */
static bool lock_until(struct lt_batch *batch, uint64_t deadline_ns)
{
	while (pthread_mutex_trylock(&batch->lock) != 0) {
		if (lt_clock_monotonic_ns() >= deadline_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = LOCK_NAP_MS * 1000000}, NULL);
	}
	return true;
}

/* Not before the next attempt after a failure. */
static bool may_start(struct lt_batch *batch)
{
	uint64_t start_at_ns = atomic_load_explicit(&batch->start_at_ns, memory_order_relaxed);
	return start_at_ns == 0 || lt_clock_monotonic_ns() >= start_at_ns;
}

/* Whether the worker sleeps and must be woken: true for one caller only, which wakes it. */
static bool is_time(struct lt_batch *batch, size_t n_queued, bool is_large)
{
	return (n_queued >= atomic_load(&batch->wake_at) ||
		       (is_large && lt_span_queue_is_heavy(&batch->queue))) &&
	       atomic_exchange(&batch->wake_at, SIZE_MAX) != SIZE_MAX;
}

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct lt_batch *batch = (struct lt_batch *)self;
	if (!(span->data.context.flags & LT_FLAG_SAMPLED)) { /* recorded only */
		lt_span_recycle(span);
		return;
	}
	if (atomic_load_explicit(&batch->is_closed, memory_order_relaxed)) {
		lt_batch_drops_add(&batch->drops, LT_DROP_LATE, 1);
		lt_span_recycle(span);
		lt_report_limited("late span", LT_LEVEL_DEBUG,
			"a span that ended after shutdown is not exported");
		return;
	}
	bool is_large = span->arena.chunks;
	ssize_t n_queued = lt_span_queue_put(&batch->queue, span);
	if (n_queued < 0) {
		lt_batch_drops_add(
			&batch->drops, n_queued == -ENOSPC ? LT_DROP_FULL : LT_DROP_BYTES, 1);
		lt_span_recycle(span);
		n_queued = 0;
	}
	bool is_running = atomic_load_explicit(&batch->is_running, memory_order_relaxed);
	if (is_running ? is_time(batch, (size_t)n_queued, is_large) : may_start(batch))
		lt_batch_worker_wake(batch);
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	struct lt_batch *batch = (struct lt_batch *)self;
	uint64_t deadline_ns = lt_batch_deadline_ns(timeout_ms);
	struct timespec deadline = lt_batch_timespec(deadline_ns);
	uint64_t lost_before = lt_batch_drops_lost(&batch->drops);
	int err = 0, start_err = 0, flush_err = 0;

	if (!lock_until(batch, deadline_ns))
		return -ETIMEDOUT;
	if (lt_span_queue_count(&batch->queue))
		err = start_err = lt_batch_worker_start(batch);
	if (!err && atomic_load(&batch->is_running)) {
		uint64_t ticket = ++batch->flush_wanted;
		if (batch->deadline_ns < deadline_ns)
			batch->deadline_ns = deadline_ns;
		pthread_cond_signal(&batch->wake);
		while (!err && batch->flush_done < ticket)
			err = -pthread_cond_timedwait(&batch->done, &batch->lock, &deadline);
		flush_err = batch->flush_err;
	}
	pthread_mutex_unlock(&batch->lock);
	if (start_err && start_err != -EIO)
		lt_batch_worker_report(batch, start_err, false);
	if (!err && lt_batch_drops_lost(&batch->drops) != lost_before)
		err = -EIO;
	return err ? err : flush_err;
}

/* Waits until the worker has stopped; then joins it, which is quick. */
static int wait_for_end(struct lt_batch *batch, uint64_t deadline_ns)
{
	struct timespec deadline = lt_batch_timespec(deadline_ns);
	int err = 0;
	while (!err && !batch->is_done)
		err = -pthread_cond_timedwait(&batch->done, &batch->lock, &deadline);
	if (err && !batch->is_done)
		return err;
	pthread_join(batch->worker, NULL);
	return 0;
}

/* For a worker stuck in export(), which cannot be interrupted: it keeps what it uses, and drops the
 * rest when it returns. */
static int give_up(struct lt_batch *batch, unsigned timeout_ms)
{
	atomic_store(&batch->is_given_up, true);
	lt_report_limited("stuck exporter", LT_LEVEL_WARN,
		"%zu spans are not exported: the exporter has not returned within %u ms",
		lt_span_queue_count(&batch->queue), timeout_ms);
	return -ETIMEDOUT;
}

static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	struct lt_batch *batch = (struct lt_batch *)self;
	uint64_t deadline_ns = lt_batch_deadline_ns(timeout_ms);
	int err = 0, start_err = 0;
	atomic_store(&batch->is_closed, true);
	if (batch->exporter->impl->hurry)
		batch->exporter->impl->hurry(batch->exporter, timeout_ms);

	if (!lock_until(batch, deadline_ns))
		return give_up(batch, timeout_ms);
	if (lt_span_queue_count(&batch->queue))
		start_err = lt_batch_worker_start(batch);
	batch->must_stop = true;
	batch->deadline_ns = deadline_ns;
	pthread_cond_signal(&batch->wake);
	if (atomic_load(&batch->is_running)) {
		err = wait_for_end(batch, deadline_ns);
		atomic_store(&batch->is_running, err != 0);
	}
	pthread_mutex_unlock(&batch->lock);
	if (err)
		return give_up(batch, timeout_ms);
	if (start_err) {
		atomic_store(&batch->is_given_up, true);
		lt_batch_export_all(batch); /* counts them as lost */
		lt_batch_worker_report(batch, start_err, true);
		return start_err;
	}
	if (!batch->is_childs)
		lt_batch_shut_exporter(batch); /* there was no worker */
	return lt_batch_drops_lost(&batch->drops) ? -EIO : batch->flush_err;
}

struct lt_batch_stats lt_processor_batch_stats(const struct lt_processor *processor)
{
	struct lt_batch *batch = (struct lt_batch *)processor;
	if (!batch)
		return (struct lt_batch_stats){.n_exported = 0};
	_Atomic uint64_t *n_dropped = batch->drops.counts;
	return (struct lt_batch_stats){
		.n_exported = atomic_load(&batch->counts.n_exported),
		.n_dropped_full = n_dropped[LT_DROP_FULL],
		.n_dropped_bytes = n_dropped[LT_DROP_BYTES],
		.n_dropped_failed = n_dropped[LT_DROP_FAILED],
		.n_dropped_rejected = n_dropped[LT_DROP_REJECTED],
		.n_dropped_late = n_dropped[LT_DROP_LATE],
		.n_queued = lt_span_queue_count(&batch->queue),
	};
}

static size_t read_metrics(
	struct lt_processor *self, struct lt_processor_metrics *metrics, size_t max)
{
	struct lt_batch *batch = (struct lt_batch *)self;
	_Atomic uint64_t *n_dropped = batch->drops.counts;
	if (!max)
		return 0;
	*metrics = (struct lt_processor_metrics){.type = "batching_span_processor",
		.queue_capacity = batch->limits.max_queue_size,
		.n_queue_full = atomic_load(&n_dropped[LT_DROP_FULL]) +
				atomic_load(&n_dropped[LT_DROP_BYTES]),
		.n_already_shutdown = atomic_load(&n_dropped[LT_DROP_LATE]),
		.n_shutdown_timeout = atomic_load(&batch->n_cancelled)};
	lt_export_read(&batch->counts, batch->exporter, metrics);
	uint64_t n_queued = lt_span_queue_count(&batch->queue);
	metrics->queue_size = n_queued > metrics->n_inflight ? n_queued - metrics->n_inflight : 0;
	return 1;
}

static void init_conditions(struct lt_batch *batch)
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
	for (struct lt_batch *batch = all; batch; batch = batch->next)
		pthread_mutex_lock(&batch->lock);
}

static void after_fork_parent(void)
{
	for (struct lt_batch *batch = all; batch; batch = batch->next)
		pthread_mutex_unlock(&batch->lock);
	pthread_mutex_unlock(&all_lock);
}

/* The queue and the counts are the parent's; the child starts anew with its first span. */
static void after_fork_child(void)
{
	lt_leader_after_fork();
	for (struct lt_batch *batch = all; batch; batch = batch->next) {
		lt_span_queue_clear(&batch->queue);
		atomic_store(&batch->is_running, false);
		atomic_store(&batch->wake_at, SIZE_MAX);
		atomic_store(&batch->start_at_ns, 0);
		lt_export_clear(&batch->counts);
		atomic_store(&batch->n_cancelled, 0);
		lt_batch_drops_clear(&batch->drops);
		batch->restart_ms = 0;
		batch->n_kept = 0;
		batch->is_done = false;
		batch->is_exporter_shut = false;
		batch->is_childs = true;
		batch->flush_done = batch->flush_wanted;
		init_conditions(batch);
		pthread_mutex_unlock(&batch->lock);
	}
	pthread_mutex_unlock(&all_lock);
}

static void watch_process(void)
{
	lt_span_pool_init();
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	lt_leader_watch();
}

static void free_memory(struct lt_batch *batch)
{
	free(batch->taken);
	free(batch->spans);
	free(batch);
}

static void free_batch(struct lt_processor *self)
{
	struct lt_batch *batch = (struct lt_batch *)self;
	pthread_mutex_lock(&all_lock);
	for (struct lt_batch **p = &all; *p; p = &(*p)->next) {
		if (*p == batch) {
			*p = batch->next;
			break;
		}
	}
	pthread_mutex_unlock(&all_lock);

	lt_span_queue_done(&batch->queue);
	lt_exporter_free(batch->exporter);
	pthread_cond_destroy(&batch->wake);
	pthread_cond_destroy(&batch->done);
	pthread_mutex_destroy(&batch->lock);
	free_memory(batch);
}

int lt_processor_batch_new(struct lt_exporter *exporter, const struct lt_batch_options *options,
	struct lt_processor **ret_processor)
{
	static const struct lt_batch_options defaults;
	static const struct lt_processor_impl impl = {.on_end = on_end,
		.flush = flush,
		.shutdown = shut_down,
		.free = free_batch,
		.metrics = read_metrics};
	if (!exporter)
		return -EINVAL;
	struct lt_batch_options limits = lt_batch_options_resolve(options ? options : &defaults);
	struct lt_batch *batch = aligned_alloc(_Alignof(struct lt_batch), sizeof(*batch));
	if (!batch) {
		lt_exporter_free(exporter);
		return -ENOMEM;
	}
	*batch = (struct lt_batch){
		.super = {&impl},
		.exporter = exporter,
		.limits = limits,
		.stack_bytes = lt_batch_worker_stack_bytes(),
		.taken = malloc(limits.max_batch_size * sizeof(*batch->taken)),
		.spans = malloc(limits.max_batch_size * sizeof(*batch->spans)),
	};
	if (!batch->taken || !batch->spans ||
		lt_span_queue_init(&batch->queue, limits.max_queue_size, limits.max_queue_bytes) !=
			0) {
		free_memory(batch);
		lt_exporter_free(exporter);
		return -ENOMEM;
	}
	pthread_mutex_init(&batch->lock, NULL);
	init_conditions(batch);
	atomic_init(&batch->wake_at, SIZE_MAX);

	pthread_once(&once, watch_process);
	pthread_mutex_lock(&all_lock);
	batch->next = all;
	all = batch;
	pthread_mutex_unlock(&all_lock);
	*ret_processor = &batch->super;
	return 0;
}
