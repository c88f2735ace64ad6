/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - what a batch processor consists of: the processor (processor_batch.c) puts ended spans
 * into a queue, a worker thread (batch_worker.c) takes them out and exports them. */
#ifndef LT_BATCH_H
#define LT_BATCH_H

#include "process/batch_drops.h"
#include "process/export_counts.h"
#include "process/span_queue.h"

#include "util/clock.h"

#include <pthread.h>
#include <time.h>

struct lt_batch {
	struct lt_processor super;
	struct lt_exporter *exporter;
	struct lt_batch_options limits; /* resolved */
	struct lt_batch *next;		/* in the list of all, for forks */
	size_t stack_bytes;		/* of the worker, including its thread-local data */

	struct lt_span_queue queue;
	atomic_bool is_running; /* the worker has been started */
	atomic_size_t
		wake_at; /* the worker sleeps until so many are queued; SIZE_MAX: it is awake */
	atomic_bool is_closed;	 /* shut down: nothing more is queued */
	atomic_bool is_given_up; /* shutdown's deadline has passed: what is queued is dropped */
	_Atomic uint64_t start_at_ns; /* monotonic; after a failure no worker is started before */
	struct lt_export_counts counts;
	_Atomic uint64_t n_cancelled; /* never given to the exporter; counted as failed, too */
	struct lt_batch_drops drops;

	/* The worker's batch, allocated in advance since the worker cannot fail. */
	struct lt_span **taken;
	const struct lt_span_data **spans; /* the same, as exporters read them */
	size_t n_kept; /* of them returned by the exporter, to be exported again */

	pthread_mutex_t lock; /* of what follows; never held while exporting or reporting */
	pthread_cond_t wake;  /* the worker has something to do */
	pthread_cond_t done;  /* the worker has done what a flush or a shutdown waits for */
	pthread_t worker;
	uint64_t deadline_ns; /* monotonic: of the flush or the shutdown that has the longest */
	int flush_err;	      /* of the exporter's last flush */
	bool must_stop;
	bool is_exporter_shut; /* its shutdown has been called */
	bool is_childs;	       /* this is a fork's child: the exporter was its parent's */
	bool is_done;	       /* the worker has stopped, and is to be joined */
	uint64_t flush_wanted, flush_done; /* tickets */
	unsigned restart_ms;		   /* after a worker failed to start; 0: it started */
};

/** A batch processor's options, resolved. */
static inline const struct lt_batch_options *lt_batch_limits(const struct lt_processor *processor)
{
	return &((const struct lt_batch *)processor)->limits;
}

/** ms from now, on the monotonic clock. */
static inline uint64_t lt_batch_deadline_ns(unsigned ms)
{
	return lt_clock_monotonic_ns() + ms * UINT64_C(1000000);
}

static inline struct timespec lt_batch_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

/** The options with the settings of the environment, or the defaults, where they are 0. */
struct lt_batch_options lt_batch_options_resolve(const struct lt_batch_options *options);

/** Of a worker's stack, with the thread-local data that the C library takes from it. */
size_t lt_batch_worker_stack_bytes(void);

/** Starts the worker where there is none; batch->lock held.
 * @return 0 when it runs; -EIO after shutdown; else why it could not be started, see
 *   lt_batch_worker_report() */
int lt_batch_worker_start(struct lt_batch *batch);

/** Reports an error of lt_batch_worker_start(), and the drops, which no worker reports then. */
void lt_batch_worker_report(struct lt_batch *batch, int err, bool is_last);

/** Starts the worker where there is none, or wakes it.  Takes batch->lock. */
void lt_batch_worker_wake(struct lt_batch *batch);

/** Exports what is queued from the calling thread; only while there is no worker. */
void lt_batch_export_all(struct lt_batch *batch);

/** Calls the exporter's shutdown unless that has been done; only while nothing is exported. */
void lt_batch_shut_exporter(struct lt_batch *batch);

#endif
