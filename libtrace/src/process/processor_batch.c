/* SPDX-License-Identifier: Apache-2.0 */
/* processor_batch.c - a bounded queue of ended spans, and the thread that exports them.
 *
 * Ending a span costs its thread one atomic operation: it takes the next place in a ring, and puts
 * the span there.  The worker empties places in order and gives them free when their spans have
 * been exported, so there is no lock between them, and no way for a slow collector to be felt.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor
 */
#include "export/exporter.h"
#include "process/leader.h"
#include "process/span_queue.h"
#include "util/clock.h"
#include "util/config.h"
#include "util/defaults.h"
#include "util/exit.h"
#include "util/report.h"

#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_SIZE_MAX (1 << 20)	  /* 2 GiB of blocks: more is a mistake in a variable */
#define QUEUE_BYTES_MIN (2 * 1024 * 1024) /* any one span fits: see LT_ARENA_MAX_BYTES */
#define DROPS_INTERVAL_MS 60000		  /* how often dropped spans are reported */
#define NAP_MS 10			  /* after a full batch, see wait_for_work */
#define WORKER_STACK_BYTES (512 * 1024)	  /* libcurl and OpenSSL need some 100 KiB */
#define RESTART_FIRST_MS 1000		  /* after a worker that could not start, doubled */
#define RESTART_MAX_MS 60000		  /* each time up to this */
#define LOCK_NAP_MS 1			  /* see lock_until */
#define RETRY_NAP_MS 20			  /* before a batch that came back is exported again */

#define NS_PER_MS UINT64_C(1000000)

enum drop { DROP_FULL, DROP_BYTES, DROP_FAILED, DROP_REJECTED, DROP_LATE, N_DROPS };

struct batch {
	struct lt_processor super;
	struct lt_exporter *exporter;
	struct lt_batch_options limits; /* resolved */
	struct batch *next;		/* in `all`, for forks */
	size_t stack_bytes;		/* of the worker, with what thread-local data take of it */

	struct lt_span_queue queue;
	atomic_bool is_running;	 /* the worker has been started */
	atomic_size_t wake_at;	 /* it sleeps until so many are queued; SIZE_MAX: it is awake */
	atomic_bool is_closed;	 /* shut down: nothing more is queued */
	atomic_bool is_given_up; /* shutdown's deadline has passed: what is queued is dropped */
	_Atomic uint64_t start_at_ns; /* monotonic; no worker is started before: it failed */
	_Atomic uint64_t n_exported, n_dropped[N_DROPS];

	/* The worker's, which are made here since it cannot fail later: one batch. */
	struct lt_span **taken;
	const struct lt_span_data **spans; /* the same, as exporters read them */
	size_t n_kept; /* of them: the exporter gave them back, to be exported again */

	pthread_mutex_t lock; /* of what follows; never held while exporting or reporting */
	pthread_cond_t wake;  /* the worker has something to do */
	pthread_cond_t done;  /* the worker has done what a flush or a shutdown waits for */
	pthread_t worker;
	bool must_stop;
	bool is_done;			   /* the worker has stopped, and is to be joined */
	uint64_t flush_wanted, flush_done; /* tickets */
	unsigned restart_ms;		   /* after a worker that could not start; 0: it could */

	uint64_t dropped_reported; /* count at the last report, */
	uint64_t drops_report_ns;  /* and its time; 0: never */
};

/* All batch processors of the process: a fork's child has no worker of any of them. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct batch *all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint64_t deadline_after(unsigned ms)
{
	return lt_clock_monotonic_ns() + ms * NS_PER_MS;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

/* False at the deadline.  The lock is only ever held for moments; but exit may be called by a
 * signal handler that has interrupted the thread that holds it. */
static bool lock_until(struct batch *batch, uint64_t deadline_ns)
{
	while (pthread_mutex_trylock(&batch->lock) != 0) {
		if (lt_clock_monotonic_ns() >= deadline_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = LOCK_NAP_MS * 1000000}, NULL);
	}
	return true;
}

/* --- what is lost ------------------------------------------------------------------------- */

static void count_drops(struct batch *batch, enum drop reason, uint64_t n)
{
	atomic_fetch_add_explicit(&batch->n_dropped[reason], n, memory_order_relaxed);
}

/* Of each reason; returns the sum. */
static uint64_t read_drops(struct batch *batch, uint64_t ret_counts[N_DROPS])
{
	uint64_t sum = 0;
	for (int i = 0; i < N_DROPS; i++)
		sum += ret_counts[i] = atomic_load(&batch->n_dropped[i]);
	return sum;
}

/* The number since the last report, which counts as reported; 0 when none is due: the first is at
 * once, then one an interval.  Lock held. */
static uint64_t drops_to_report(struct batch *batch, uint64_t n_dropped, bool is_last)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	uint64_t n_new = n_dropped - batch->dropped_reported;
	if (!is_last && batch->drops_report_ns &&
		now_ns - batch->drops_report_ns < DROPS_INTERVAL_MS * NS_PER_MS)
		return 0;
	if (n_new) {
		batch->dropped_reported = n_dropped;
		batch->drops_report_ns = now_ns;
	}
	return n_new;
}

static void report_drops(struct batch *batch, bool is_last)
{
	static const char *const reasons[N_DROPS] = {
		[DROP_FULL] = "with as many queued as may be",
		[DROP_BYTES] = "with as much memory queued as may be",
		[DROP_FAILED] = "that could not be exported",
		[DROP_REJECTED] = "that the collector rejected",
		[DROP_LATE] = "that ended after shutdown",
	};
	uint64_t counts[N_DROPS];
	pthread_mutex_lock(&batch->lock);
	uint64_t n_new = drops_to_report(batch, read_drops(batch, counts), is_last);
	pthread_mutex_unlock(&batch->lock);
	if (!n_new)
		return;
	char list[256] = "";
	int len = 0;
	for (int i = 0; i < N_DROPS; i++) {
		if (counts[i])
			len += snprintf(list + len, sizeof(list) - (size_t)len, "%s%" PRIu64 " %s",
				len ? ", " : "", counts[i], reasons[i]);
	}
	lt_report(LT_LEVEL_WARN,
		"%" PRIu64 " spans dropped since the last report (since start: %s; the queue takes "
		"%zu spans and %zu MiB)",
		n_new, list, batch->limits.max_queue_size, batch->limits.max_queue_bytes >> 20);
}

/* --- the worker --------------------------------------------------------------------------- */

/* That did not find a place. */
static uint64_t n_turned_away(struct batch *batch)
{
	return atomic_load(&batch->n_dropped[DROP_FULL]) +
	       atomic_load(&batch->n_dropped[DROP_BYTES]);
}

/* The batch that the exporter gave back, or the next one; returns its size. */
static size_t take_batch(struct batch *batch)
{
	if (batch->n_kept)
		return batch->n_kept;
	size_t n = lt_span_queue_take(&batch->queue, batch->taken, batch->limits.max_batch_size);
	for (size_t i = 0; i < n; i++)
		batch->spans[i] = &batch->taken[i]->data;
	return n;
}

static void count_exported(struct batch *batch, int result, size_t n)
{
	size_t n_rejected = result > 0 ? (size_t)result : 0;
	if (n_rejected > n)
		n_rejected = n;
	if (result < 0) {
		count_drops(batch, DROP_FAILED, n);
		return;
	}
	atomic_fetch_add(&batch->n_exported, n - n_rejected);
	if (n_rejected)
		count_drops(batch, DROP_REJECTED, n_rejected);
}

/* Exports one batch of what is queued, or drops it when it is too late; returns its size.  One that
 * the exporter gives back keeps its places, unless others have need of them. */
static size_t export_batch(struct batch *batch, bool is_last)
{
	size_t n = take_batch(batch);
	if (n == 0)
		return 0;
	uint64_t n_turned_away_before = n_turned_away(batch);
	int result = -ECANCELED;
	if (!atomic_load(&batch->is_given_up))
		result = lt_exporter_export(
			batch->exporter, batch->spans, n, batch->limits.export_timeout_ms);
	batch->n_kept = 0;
	if (result == -EAGAIN && !is_last && n_turned_away(batch) == n_turned_away_before) {
		batch->n_kept = n;
		return n;
	}
	count_exported(batch, result, n);
	lt_span_queue_recycle(&batch->queue, batch->taken, n);
	return n;
}

/* Exports what was queued when it was called, or as many full batches; what comes while it exports
 * can wait for its turn, and what is behind a batch that came back has to.
 * @return whether that was a full batch or more */
static bool export_queued(struct batch *batch, bool all_is_due, bool is_last)
{
	size_t n_queued = lt_span_queue_count(&batch->queue);
	size_t n_left = all_is_due ? n_queued : n_queued - n_queued % batch->limits.max_batch_size;
	while (n_left) {
		size_t n = export_batch(batch, is_last);
		n_left -= n < n_left ? n : n_left;
		if (batch->n_kept)
			break;
	}
	return n_queued >= batch->limits.max_batch_size;
}

/* Lock held. */
static bool is_asked(const struct batch *batch)
{
	return batch->must_stop || batch->flush_wanted != batch->flush_done;
}

/* Sleeps until n_spans are queued, or half of the memory that they may take is taken, or somebody
 * asks (true), or the time has passed (false). */
static bool sleep_until(struct batch *batch, size_t n_spans, unsigned timeout_ms)
{
	uint64_t deadline_ns = deadline_after(timeout_ms);
	bool has_work = false;
	for (;;) {
		/* First say so, then look: a span that comes in between wakes us. */
		atomic_store(&batch->wake_at, n_spans);
		has_work = is_asked(batch) || lt_span_queue_count(&batch->queue) >= n_spans ||
			   lt_span_queue_is_heavy(&batch->queue);
		if (has_work || lt_clock_monotonic_ns() >= deadline_ns)
			break;
		struct timespec deadline = timespec_of(deadline_ns);
		pthread_cond_timedwait(&batch->wake, &batch->lock, &deadline);
	}
	atomic_store(&batch->wake_at, SIZE_MAX);
	return has_work;
}

/* Unless a shutdown comes first.  Lock held. */
static void sleep_for(struct batch *batch, unsigned ms)
{
	uint64_t deadline_ns = deadline_after(ms);
	struct timespec deadline = timespec_of(deadline_ns);
	while (!batch->must_stop && lt_clock_monotonic_ns() < deadline_ns)
		pthread_cond_timedwait(&batch->wake, &batch->lock, &deadline);
}

/* Until there is a full batch, somebody asks, or the delay has passed.  To be woken costs the
 * thread that does it a system call; so after a full batch, when the next may be near, the worker
 * wakes up by itself, unless the queue gets half full meanwhile.
 * @return whether all that is queued is due, and not only full batches */
static bool wait_for_work(struct batch *batch, bool is_busy)
{
	const struct lt_batch_options *limits = &batch->limits;
	if (batch->n_kept) {
		if (!batch->must_stop)
			sleep_for(batch, RETRY_NAP_MS);
		return true;
	}
	size_t half = limits->max_queue_size / 2;
	if (is_busy && half > limits->max_batch_size && sleep_until(batch, half, NAP_MS))
		return is_asked(batch) || lt_span_queue_is_heavy(&batch->queue);
	bool is_delay_over = !sleep_until(batch, limits->max_batch_size, limits->schedule_delay_ms);
	return is_delay_over || is_asked(batch) || lt_span_queue_is_heavy(&batch->queue);
}

static void *work(void *arg)
{
	struct batch *batch = arg;
	lt_suppress_enter(); /* the exporter's own requests are nobody's spans */

	pthread_mutex_lock(&batch->lock);
	bool must_stop, is_busy = false;
	do {
		bool all_is_due = wait_for_work(batch, is_busy);
		must_stop = batch->must_stop;
		uint64_t ticket = batch->flush_wanted;
		pthread_mutex_unlock(&batch->lock);

		is_busy = export_queued(batch, all_is_due, must_stop);
		report_drops(batch, must_stop);
		lt_leader_look();

		pthread_mutex_lock(&batch->lock);
		if (!batch->n_kept)
			batch->flush_done = ticket;
		pthread_cond_broadcast(&batch->done);
	} while (!must_stop);
	batch->is_done = true;
	pthread_mutex_unlock(&batch->lock);
	return NULL;
}

/* The worker takes no signals: they are the program's.  batch->lock held. */
static int create_worker(struct batch *batch)
{
	sigset_t every, before;
	sigfillset(&every);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, batch->stack_bytes);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	int err = pthread_create(&batch->worker, &attr, work, batch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}

/* 0 when the worker runs, else why it does not.  batch->lock held. */
static int start_worker(struct batch *batch)
{
	if (atomic_load(&batch->is_running))
		return 0;
	if (batch->must_stop)
		return -EIO; /* what comes now is lost */
	int err = create_worker(batch);
	if (err) {
		batch->restart_ms = batch->restart_ms ? 2 * batch->restart_ms : RESTART_FIRST_MS;
		if (batch->restart_ms > RESTART_MAX_MS)
			batch->restart_ms = RESTART_MAX_MS;
		atomic_store(&batch->start_at_ns, deadline_after(batch->restart_ms));
		return err;
	}
	batch->restart_ms = 0;
	pthread_setname_np(batch->worker, LT_THREAD_NAME);
	atomic_store(&batch->is_running, true);
	lt_exit_renew(); /* the span that ends may have set up the TLS library that we share */
	return 0;
}

/* What the worker would say if there were one. */
static void report_no_worker(struct batch *batch, int err, bool is_last)
{
	lt_report_limited("no thread", LT_LEVEL_ERROR,
		"no thread to export spans with: %s; they wait in the queue until there is one",
		strerror(-err));
	report_drops(batch, is_last);
}

static void wake_worker(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	int err = start_worker(batch);
	pthread_cond_signal(&batch->wake);
	pthread_mutex_unlock(&batch->lock);
	if (err && err != -EIO)
		report_no_worker(batch, err, false);
}

/* --- the program's threads ---------------------------------------------------------------- */

/* Not while the one that could not be started waits for its next try. */
static bool may_start(struct batch *batch)
{
	uint64_t start_at_ns = atomic_load_explicit(&batch->start_at_ns, memory_order_relaxed);
	return start_at_ns == 0 || lt_clock_monotonic_ns() >= start_at_ns;
}

/* Whether the worker sleeps and should not; the one who is told so wakes it. */
static bool is_time(struct batch *batch, size_t n_queued, bool is_large)
{
	return (n_queued >= atomic_load(&batch->wake_at) ||
		       (is_large && lt_span_queue_is_heavy(&batch->queue))) &&
	       atomic_exchange(&batch->wake_at, SIZE_MAX) != SIZE_MAX;
}

static void on_end(struct lt_processor *self, struct lt_span *span)
{
	struct batch *batch = (struct batch *)self;
	if (!(span->data.context.flags & LT_FLAG_SAMPLED)) { /* recorded only */
		lt_span_recycle(span);
		return;
	}
	if (atomic_load_explicit(&batch->is_closed, memory_order_relaxed)) {
		count_drops(batch, DROP_LATE, 1);
		lt_span_recycle(span);
		lt_report_limited("late span", LT_LEVEL_DEBUG,
			"a span that ended after shutdown is not exported");
		return;
	}
	bool is_large = span->arena.chunks;
	ssize_t n_queued = lt_span_queue_put(&batch->queue, span);
	if (n_queued < 0) {
		count_drops(batch, n_queued == -ENOSPC ? DROP_FULL : DROP_BYTES, 1);
		lt_span_recycle(span);
		n_queued = 0;
	}
	bool is_running = atomic_load_explicit(&batch->is_running, memory_order_relaxed);
	if (is_running ? is_time(batch, (size_t)n_queued, is_large) : may_start(batch))
		wake_worker(batch);
}

/* Of what was exported. */
static uint64_t n_lost(struct batch *batch)
{
	return atomic_load(&batch->n_dropped[DROP_FAILED]) +
	       atomic_load(&batch->n_dropped[DROP_REJECTED]);
}

static int flush(struct lt_processor *self, unsigned timeout_ms)
{
	struct batch *batch = (struct batch *)self;
	uint64_t deadline_ns = deadline_after(timeout_ms);
	struct timespec deadline = timespec_of(deadline_ns);
	uint64_t lost_before = n_lost(batch);
	int err = 0, start_err = 0;

	if (!lock_until(batch, deadline_ns))
		return -ETIMEDOUT;
	if (lt_span_queue_count(&batch->queue))
		err = start_err = start_worker(batch);
	if (!err && atomic_load(&batch->is_running)) {
		uint64_t ticket = ++batch->flush_wanted;
		pthread_cond_signal(&batch->wake);
		while (!err && batch->flush_done < ticket)
			err = -pthread_cond_timedwait(&batch->done, &batch->lock, &deadline);
	}
	pthread_mutex_unlock(&batch->lock);
	if (start_err && start_err != -EIO)
		report_no_worker(batch, start_err, false);
	if (!err && n_lost(batch) != lost_before)
		err = -EIO;
	return err;
}

/* Until the worker has stopped; then it is joined, which takes a moment. */
static int wait_for_end(struct batch *batch, uint64_t deadline_ns)
{
	struct timespec deadline = timespec_of(deadline_ns);
	int err = 0;
	while (!err && !batch->is_done)
		err = -pthread_cond_timedwait(&batch->done, &batch->lock, &deadline);
	if (err && !batch->is_done)
		return err;
	pthread_join(batch->worker, NULL);
	return 0;
}
/* With the worker stuck in export(), which nothing can end: it keeps what it uses, and drops the
 * rest when it comes back. */
static int give_up(struct batch *batch, unsigned timeout_ms)
{
	atomic_store(&batch->is_given_up, true);
	lt_report_limited("stuck exporter", LT_LEVEL_WARN,
		"%zu spans are not exported: the exporter has not returned within %u ms",
		lt_span_queue_count(&batch->queue), timeout_ms);
	return -ETIMEDOUT;
}

static int shut_down(struct lt_processor *self, unsigned timeout_ms)
{
	struct batch *batch = (struct batch *)self;
	uint64_t deadline_ns = deadline_after(timeout_ms);
	int err = 0, start_err = 0;
	atomic_store(&batch->is_closed, true);
	if (batch->exporter->impl->hurry)
		batch->exporter->impl->hurry(batch->exporter, timeout_ms);

	if (!lock_until(batch, deadline_ns))
		return give_up(batch, timeout_ms);
	if (lt_span_queue_count(&batch->queue))
		start_err = start_worker(batch);
	batch->must_stop = true;
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
		export_queued(batch, true, true); /* counts them as lost */
		report_no_worker(batch, start_err, true);
		return start_err;
	}
	return n_lost(batch) ? -EIO : 0;
}

struct lt_batch_stats lt_processor_batch_stats(const struct lt_processor *processor)
{
	struct batch *batch = (struct batch *)processor;
	uint64_t n_dropped[N_DROPS];
	if (!batch)
		return (struct lt_batch_stats){.n_exported = 0};
	read_drops(batch, n_dropped);
	return (struct lt_batch_stats){
		.n_exported = atomic_load(&batch->n_exported),
		.n_dropped_full = n_dropped[DROP_FULL],
		.n_dropped_bytes = n_dropped[DROP_BYTES],
		.n_dropped_failed = n_dropped[DROP_FAILED],
		.n_dropped_rejected = n_dropped[DROP_REJECTED],
		.n_dropped_late = n_dropped[DROP_LATE],
		.n_queued = lt_span_queue_count(&batch->queue),
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

/* What is queued, and what has been counted, is the parent's; the child starts anew, with its first
 * span. */
static void after_fork_child(void)
{
	lt_leader_after_fork();
	for (struct batch *batch = all; batch; batch = batch->next) {
		lt_span_queue_clear(&batch->queue);
		atomic_store(&batch->is_running, false);
		atomic_store(&batch->wake_at, SIZE_MAX);
		atomic_store(&batch->start_at_ns, 0);
		atomic_store(&batch->n_exported, 0);
		for (int i = 0; i < N_DROPS; i++)
			atomic_store(&batch->n_dropped[i], 0);
		batch->dropped_reported = batch->drops_report_ns = 0;
		batch->restart_ms = 0;
		batch->n_kept = 0;
		batch->is_done = false;
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

static void free_memory(struct batch *batch)
{
	free(batch->taken);
	free(batch->spans);
	free(batch);
}

static void free_batch(struct lt_processor *self)
{
	struct batch *batch = (struct batch *)self;
	pthread_mutex_lock(&all_lock);
	for (struct batch **p = &all; *p; p = &(*p)->next) {
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

static struct lt_batch_options resolve(const struct lt_batch_options *options)
{
	struct lt_batch_options limits = *options;
	if (!limits.max_queue_size)
		limits.max_queue_size = lt_config_uint(
			"OTEL_BSP_MAX_QUEUE_SIZE", LT_DEFAULT_BSP_QUEUE_SPANS, 1, QUEUE_SIZE_MAX);
	if (!limits.max_batch_size)
		limits.max_batch_size = lt_config_uint("OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
			LT_DEFAULT_BSP_BATCH_SPANS, 1, QUEUE_SIZE_MAX);
	if (!limits.schedule_delay_ms)
		limits.schedule_delay_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_SCHEDULE_DELAY", LT_DEFAULT_BSP_SCHEDULE_DELAY_MS, 0, INT32_MAX);
	if (!limits.export_timeout_ms)
		limits.export_timeout_ms = (unsigned)lt_config_uint(
			"OTEL_BSP_EXPORT_TIMEOUT", LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS, 0, INT32_MAX);
	if (!limits.max_queue_bytes)
		limits.max_queue_bytes = lt_config_uint("OTEL_C_MAX_QUEUE_BYTES",
			LT_DEFAULT_QUEUE_BYTES, QUEUE_BYTES_MIN, PTRDIFF_MAX);
	if (limits.max_queue_bytes < QUEUE_BYTES_MIN)
		limits.max_queue_bytes = QUEUE_BYTES_MIN;
	if (limits.max_batch_size > limits.max_queue_size)
		limits.max_batch_size = limits.max_queue_size;
	if (limits.max_batch_size > limits.max_queue_bytes / LT_SPAN_BLOCK_BYTES)
		limits.max_batch_size = limits.max_queue_bytes / LT_SPAN_BLOCK_BYTES;
	if (!limits.schedule_delay_ms)
		limits.schedule_delay_ms = 1; /* "at once", and still not a busy loop */
	return limits;
}

static int add_tls(struct dl_phdr_info *info, size_t size, void *user)
{
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)user += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
	}
	return 0;
}

/* glibc takes the thread-local data of all that was there at the start from a thread's stack. */
static size_t worker_stack_bytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = WORKER_STACK_BYTES;
	dl_iterate_phdr(add_tls, &bytes);
	return (bytes + page - 1) / page * page;
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
	struct batch *batch = aligned_alloc(_Alignof(struct batch), sizeof(*batch));
	if (!batch) {
		lt_exporter_free(exporter);
		return -ENOMEM;
	}
	*batch = (struct batch){
		.super = {&impl},
		.exporter = exporter,
		.limits = limits,
		.stack_bytes = worker_stack_bytes(),
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
