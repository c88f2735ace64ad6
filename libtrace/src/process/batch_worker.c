/* SPDX-License-Identifier: Apache-2.0 */
/* batch_worker.c - the thread that waits for spans and exports them: what it waits for, what a
 * batch is, and how it is started. */
#include "export/exporter.h"
#include "process/batch.h"
#include "process/leader.h"
#include "util/exit.h"
#include "util/report.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NAP_MS 10		 /* after a full batch, see wait_for_work */
#define RETRY_NAP_MS 20		 /* before a returned batch is exported again */
#define STACK_BYTES (512 * 1024) /* libcurl and OpenSSL need some 100 KiB */
#define RESTART_FIRST_MS 1000	 /* after a worker failed to start; doubled */
#define RESTART_MAX_MS 60000	 /* each time up to this */

static void report_drops(struct lt_batch *batch, bool is_last)
{
	pthread_mutex_lock(&batch->lock);
	uint64_t n_new = lt_batch_drops_take(&batch->drops, is_last);
	pthread_mutex_unlock(&batch->lock);
	if (n_new)
		lt_batch_drops_report(&batch->drops, n_new, &batch->limits);
}

/* Takes the batch that the exporter has returned, else the next one; returns its size. */
static size_t take_batch(struct lt_batch *batch)
{
	if (batch->n_kept)
		return batch->n_kept;
	size_t n = lt_span_queue_take(&batch->queue, batch->taken, batch->limits.max_batch_size);
	for (size_t i = 0; i < n; i++)
		batch->spans[i] = &batch->taken[i]->data;
	return n;
}

static void count_exported(struct lt_batch *batch, int result, size_t n)
{
	size_t n_rejected = result > 0 ? (size_t)result : 0;
	if (n_rejected > n)
		n_rejected = n;
	if (result < 0) {
		lt_batch_drops_add(&batch->drops, LT_DROP_FAILED, n);
		return;
	}
	if (n_rejected)
		lt_batch_drops_add(&batch->drops, LT_DROP_REJECTED, n_rejected);
}

/* Exports one batch of the queue, or drops it when it is too late; returns its size.  A batch that
 * the exporter returns keeps its slots unless new spans need them. */
static size_t export_batch(struct lt_batch *batch, bool is_last)
{
	size_t n = take_batch(batch);
	if (n == 0)
		return 0;
	uint64_t n_turned_away_before = lt_batch_drops_turned_away(&batch->drops);
	int result = -ECANCELED;
	bool is_begun = batch->n_kept;
	if (!atomic_load(&batch->is_given_up)) {
		if (!is_begun)
			lt_export_begin(&batch->counts, n);
		is_begun = true;
		result = lt_exporter_export(
			batch->exporter, batch->spans, n, batch->limits.export_timeout_ms);
	}
	batch->n_kept = 0;
	if (result == -EAGAIN && !is_last &&
		lt_batch_drops_turned_away(&batch->drops) == n_turned_away_before) {
		batch->n_kept = n;
		return n;
	}
	count_exported(batch, result, n);
	if (is_begun)
		lt_export_end(&batch->counts, batch->exporter, batch->spans, n, result);
	else
		atomic_fetch_add(&batch->n_cancelled, n);
	lt_span_queue_recycle(&batch->queue, batch->taken, n);
	return n;
}

/* Exports what was queued at the call, or as many full batches.  Spans that end meanwhile wait for
 * the next turn, as do those behind a returned batch.
 * @return whether that was a full batch or more */
static bool export_queued(struct lt_batch *batch, bool all_is_due, bool is_last)
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
static bool is_asked(const struct lt_batch *batch)
{
	return batch->must_stop || batch->flush_wanted != batch->flush_done;
}

/* Sleeps until n_spans are queued, half of the queue's bytes are used or a flush or shutdown is
 * requested (true), or the time has passed (false). */
static bool sleep_until(struct lt_batch *batch, size_t n_spans, unsigned timeout_ms)
{
	uint64_t deadline_ns = lt_batch_deadline_ns(timeout_ms);
	bool has_work = false;
	for (;;) {
		/* Set first, then check: a span that ends in between wakes us. */
		atomic_store(&batch->wake_at, n_spans);
		has_work = is_asked(batch) || lt_span_queue_count(&batch->queue) >= n_spans ||
			   lt_span_queue_is_heavy(&batch->queue);
		if (has_work || lt_clock_monotonic_ns() >= deadline_ns)
			break;
		struct timespec deadline = lt_batch_timespec(deadline_ns);
		pthread_cond_timedwait(&batch->wake, &batch->lock, &deadline);
	}
	atomic_store(&batch->wake_at, SIZE_MAX);
	return has_work;
}

/* Unless a shutdown comes first.  Lock held. */
static void sleep_for(struct lt_batch *batch, unsigned ms)
{
	uint64_t deadline_ns = lt_batch_deadline_ns(ms);
	struct timespec deadline = lt_batch_timespec(deadline_ns);
	while (!batch->must_stop && lt_clock_monotonic_ns() < deadline_ns)
		pthread_cond_timedwait(&batch->wake, &batch->lock, &deadline);
}

/* Waits for a full batch, a request, or the end of the delay.  Waking the worker costs the waking
 * thread a system call; so after a full batch, when the next may be near, the worker wakes up by
 * itself, unless the queue gets half full before.
 * @return whether all that is queued is due, and not only full batches */
static bool wait_for_work(struct lt_batch *batch, bool is_busy)
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

/* Until batch->deadline_ns. */
static unsigned ms_left(struct lt_batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	uint64_t now_ns = lt_clock_monotonic_ns(), deadline_ns = batch->deadline_ns;
	pthread_mutex_unlock(&batch->lock);
	return now_ns < deadline_ns ? (unsigned)((deadline_ns - now_ns) / 1000000) : 0;
}

static void flush_exporter(struct lt_batch *batch)
{
	int err = lt_exporter_flush(batch->exporter, ms_left(batch));
	pthread_mutex_lock(&batch->lock);
	batch->flush_err = err;
	pthread_mutex_unlock(&batch->lock);
}

void lt_batch_shut_exporter(struct lt_batch *batch)
{
	if (batch->is_exporter_shut || atomic_load(&batch->is_given_up))
		return;
	batch->is_exporter_shut = true;
	batch->flush_err = lt_exporter_shutdown(batch->exporter, ms_left(batch));
}

static void *work(void *arg)
{
	struct lt_batch *batch = arg;
	lt_suppress_enter(); /* the exporter's own requests make no spans */

	pthread_mutex_lock(&batch->lock);
	bool must_stop, is_busy = false;
	do {
		bool all_is_due = wait_for_work(batch, is_busy);
		must_stop = batch->must_stop;
		uint64_t ticket = batch->flush_wanted;
		bool is_flush = ticket != batch->flush_done;
		pthread_mutex_unlock(&batch->lock);

		is_busy = export_queued(batch, all_is_due, must_stop);
		if (must_stop)
			lt_batch_shut_exporter(batch);
		else if (is_flush && !batch->n_kept)
			flush_exporter(batch);
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

/* The worker blocks all signals: they are the program's.  batch->lock held. */
static int create_worker(struct lt_batch *batch)
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

static int add_tls(struct dl_phdr_info *info, size_t size, void *user)
{
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)user += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
	}
	return 0;
}

/* glibc puts the thread-local data of all libraries loaded at start on the thread's stack. */
size_t lt_batch_worker_stack_bytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = STACK_BYTES;
	dl_iterate_phdr(add_tls, &bytes);
	return (bytes + page - 1) / page * page;
}

int lt_batch_worker_start(struct lt_batch *batch)
{
	if (atomic_load(&batch->is_running))
		return 0;
	if (batch->must_stop)
		return -EIO; /* new spans are lost */
	int err = create_worker(batch);
	if (err) {
		batch->restart_ms = batch->restart_ms ? 2 * batch->restart_ms : RESTART_FIRST_MS;
		if (batch->restart_ms > RESTART_MAX_MS)
			batch->restart_ms = RESTART_MAX_MS;
		atomic_store(&batch->start_at_ns, lt_batch_deadline_ns(batch->restart_ms));
		return err;
	}
	batch->restart_ms = 0;
	pthread_setname_np(batch->worker, LT_THREAD_NAME);
	atomic_store(&batch->is_running, true);
	lt_exit_renew(); /* the program may have initialised the TLS library that we share */
	return 0;
}

void lt_batch_worker_report(struct lt_batch *batch, int err, bool is_last)
{
	lt_report_limited("no thread", LT_LEVEL_ERROR,
		"no thread to export spans with: %s; they wait in the queue until there is one",
		strerror(-err));
	report_drops(batch, is_last);
}

void lt_batch_worker_wake(struct lt_batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	int err = lt_batch_worker_start(batch);
	pthread_cond_signal(&batch->wake);
	pthread_mutex_unlock(&batch->lock);
	if (err && err != -EIO)
		lt_batch_worker_report(batch, err, false);
}

void lt_batch_export_all(struct lt_batch *batch)
{
	export_queued(batch, true, true);
}
