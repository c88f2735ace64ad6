/* SPDX-License-Identifier: Apache-2.0 */
/* check_processor_batch.c - the queue's bound, its batches, its deadlines, and forks. */
#include "check_main.h"
#include "reports.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* An exporter that a test can hold closed, and that keeps count. */
struct gate {
	struct lt_exporter super;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_closed, is_hurried, fails;
	int result;	  /* of export(), when it does not fail */
	int n_given_back; /* how many times more it answers -EAGAIN; negative: always */
	int n_inside;	  /* threads in export() */
	size_t n_spans;	  /* exported */
	size_t largest_batch, n_batches;
	uint64_t last_index; /* of the attribute "i": order must hold */
	bool out_of_order;
};

static int gate_export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct gate *gate = (struct gate *)self;
	pthread_mutex_lock(&gate->lock);
	ck_assert_int_eq(++gate->n_inside, 1); /* never twice at once */
	pthread_cond_broadcast(&gate->changed);
	while (gate->is_closed && !gate->is_hurried)
		pthread_cond_wait(&gate->changed, &gate->lock);
	int err = gate->fails || (gate->is_closed && gate->is_hurried) ? -EIO : gate->result;
	if (!err && gate->n_given_back) {
		gate->n_given_back--;
		err = -EAGAIN;
	}
	if (err >= 0)
		gate->n_spans += n;
	gate->n_batches++;
	if (n > gate->largest_batch)
		gate->largest_batch = n;
	for (size_t i = 0; i < n; i++) {
		uint64_t index = (uint64_t)spans[i]->attrs.items[0].value.integer;
		gate->out_of_order |= index < gate->last_index;
		gate->last_index = index;
	}
	gate->n_inside--;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
	return err;
}

static void gate_hurry(struct lt_exporter *self, unsigned timeout_ms)
{
	struct gate *gate = (struct gate *)self;
	pthread_mutex_lock(&gate->lock);
	gate->is_hurried = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_free(struct lt_exporter *self)
{
}

static void gate_set_closed(struct gate *gate, bool is_closed)
{
	pthread_mutex_lock(&gate->lock);
	gate->is_closed = is_closed;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_set_given_back(struct gate *gate, int n)
{
	pthread_mutex_lock(&gate->lock);
	gate->n_given_back = n;
	pthread_mutex_unlock(&gate->lock);
}

static void gate_wait_until_inside(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->n_inside == 0)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_wait_for(struct gate *gate, size_t n_spans)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->n_spans < n_spans)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static const struct lt_exporter_impl gate_impl = {
	.export_spans = gate_export, .hurry = gate_hurry, .free = gate_free};
static const struct lt_exporter_impl patient_impl = {
	.export_spans = gate_export, .free = gate_free};
static struct gate gate = {.super = {&gate_impl},
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER};
static struct lt_processor *processor;
static struct lt_provider *provider;
static struct lt_tracer *tracer;

#define LONG_MS 3600000 /* a delay that never passes in a test */

static void set_up_with(struct lt_batch_options options)
{
	ck_assert_int_eq(lt_processor_batch_new(&gate.super, &options, &processor), 0);
	ck_assert_int_eq(
		lt_provider_new(&(struct lt_provider_options){.processor = processor}, &provider),
		0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void make_spans(int n)
{
	static int index;
	for (int i = 0; i < n; i++) {
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		lt_span_set(span, LT_ATTRS(lt_int("i", index++)));
		lt_span_end(span);
	}
}

/* Each of 100 KiB and a bit. */
static void make_large_spans(int n)
{
	static char text[100 * 1024];
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < n; i++) {
		struct lt_span *span = lt_span_start(tracer, "large", NULL);
		lt_span_set(span, LT_ATTRS(lt_int("i", 0),
					  lt_strn("text", (struct lt_slice){text, sizeof(text)})));
		lt_span_end(span);
	}
}

static void assert_adds_up(uint64_t n_ended)
{
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_exported + stats.n_dropped_full + stats.n_dropped_bytes +
				  stats.n_dropped_failed + stats.n_dropped_rejected +
				  stats.n_dropped_late + stats.n_queued,
		n_ended);
}

/* --- threads that cannot be started ------------------------------------------------------- */

static void limit_threads(rlim_t n)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NPROC, &limit);
	limit.rlim_cur = n < limit.rlim_max ? n : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &limit), 0);
}

static void refuse_threads(void)
{
	enum { NOBODY = 65534 };
	if (geteuid() == 0) /* root has no such limit */
		ck_assert_int_eq(setresuid(NOBODY, NOBODY, 0), 0);
	limit_threads(0);
}

static void allow_threads(void)
{
	limit_threads(RLIM_INFINITY);
	uid_t user, effective, saved;
	getresuid(&user, &effective, &saved);
	ck_assert_int_eq(setresuid(saved, saved, saved), 0);
	prctl(PR_SET_DUMPABLE, 1); /* as before: LeakSanitizer looks into the process */
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

START_TEST(a_full_batch_is_exported_without_waiting_for_the_delay)
{
	set_up_with((struct lt_batch_options){.max_batch_size = 8, .schedule_delay_ms = LONG_MS});
	make_spans(8);
	gate_wait_for(&gate, 8);
	lt_provider_free(provider);
}
END_TEST

/* The worker, which has just had one, naps: it wakes up by itself, or with the queue half full. */
START_TEST(full_batches_that_follow_each_other_are_exported_too)
{
	enum { BATCH = 8 };
	set_up_with((struct lt_batch_options){
		.max_queue_size = 64, .max_batch_size = BATCH, .schedule_delay_ms = LONG_MS});
	size_t n_spans = 0;
	for (int i = 0; i < 50; i++) {
		int n = i % 2 ? BATCH : 5 * BATCH;
		make_spans(n);
		n_spans += (size_t)n;
		gate_wait_for(&gate, n_spans);
	}
	lt_provider_free(provider);
	ck_assert_uint_eq(gate.n_batches, n_spans / BATCH);
}
END_TEST

START_TEST(less_than_a_batch_waits_for_more)
{
	set_up_with((struct lt_batch_options){
		.max_queue_size = 64, .max_batch_size = 8, .schedule_delay_ms = LONG_MS});
	make_spans(8 + 3);
	gate_wait_for(&gate, 8);
	make_spans(5);
	gate_wait_for(&gate, 16);
	ck_assert_uint_eq(gate.n_batches, 2);
	make_spans(1);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_batches, 3);
	lt_provider_free(provider);
}
END_TEST

START_TEST(the_delay_exports_what_full_batches_left)
{
	set_up_with((struct lt_batch_options){
		.max_queue_size = 64, .max_batch_size = 8, .schedule_delay_ms = 20});
	make_spans(8 + 3);
	gate_wait_for(&gate, 11);
	lt_provider_free(provider);
}
END_TEST

START_TEST(the_delay_exports_what_there_is)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = 20});
	make_spans(1);
	gate_wait_for(&gate, 1);
	lt_provider_free(provider);
}
END_TEST

START_TEST(flush_exports_all_in_order_and_in_batches)
{
	set_up_with((struct lt_batch_options){
		.max_queue_size = 4096, .max_batch_size = 100, .schedule_delay_ms = LONG_MS});
	make_spans(1050);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_spans, 1050);
	ck_assert_uint_le(gate.largest_batch, 100);
	ck_assert(!gate.out_of_order);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_exported, 1050);
	lt_provider_free(provider);
}
END_TEST

START_TEST(flush_with_nothing_made_is_at_once)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_full_queue_drops_and_counts_and_recovers)
{
	set_up_with((struct lt_batch_options){
		.max_queue_size = 16, .max_batch_size = 4, .schedule_delay_ms = LONG_MS});
	gate_set_closed(&gate, true);
	make_spans(4);
	gate_wait_until_inside(&gate);
	make_spans(12 + 5); /* 4 of 16 places are taken by the batch that is stuck */
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_dropped_full, 5);
	gate_set_closed(&gate, false);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	make_spans(3);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_exported, 16 + 3);
	ck_assert_uint_eq(stats.n_dropped_full, 5);
	lt_provider_free(provider);
}
END_TEST

START_TEST(what_the_exporter_loses_is_counted_and_flush_says_so)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	gate.fails = true;
	make_spans(3);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), -EIO);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_dropped_failed, 3);
	lt_provider_free(provider);
}
END_TEST

START_TEST(flush_gives_up_at_its_deadline)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	gate_set_closed(&gate, true);
	make_spans(1);
	double start = seconds();
	ck_assert_int_eq(lt_provider_flush(provider, 50), -ETIMEDOUT);
	ck_assert_double_lt(seconds() - start, 5);
	gate_set_closed(&gate, false);
	lt_provider_free(provider);
}
END_TEST

START_TEST(shutdown_exports_what_is_queued)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	make_spans(5);
	ck_assert_int_eq(lt_provider_shutdown(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_spans, 5);
	lt_provider_free(provider);
}
END_TEST

START_TEST(shutdown_hurries_an_exporter_that_is_stuck)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	gate_set_closed(&gate, true);
	make_spans(5);
	ck_assert_int_eq(lt_provider_shutdown(provider, 50), -EIO);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_dropped_failed, 5);
	lt_provider_free(provider);
}
END_TEST

/* The worker is in export(), with the first of n spans. */
static void make_spans_and_get_stuck(int n)
{
	gate.super.impl = &patient_impl;
	gate_set_closed(&gate, true);
	make_spans(n);
	ck_assert_int_eq(lt_provider_flush(provider, 1), -ETIMEDOUT);
	gate_wait_until_inside(&gate);
}

START_TEST(shutdown_gives_up_at_its_deadline_whatever_the_exporter_does)
{
	enum { LIMIT_MS = 100 };
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	keep_reports();
	make_spans_and_get_stuck(5);
	double start = seconds();
	ck_assert_int_eq(lt_provider_shutdown(provider, LIMIT_MS), -ETIMEDOUT);
	ck_assert_double_ge(seconds() - start, LIMIT_MS / 1e3);
	ck_assert_double_lt(seconds() - start, 5);
	ck_assert_ptr_nonnull(strstr(last_report, "5 spans are not exported"));
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_queued, 5);
	gate_set_closed(&gate, false);
	ck_assert_int_eq(processor->impl->shutdown(processor, 10000), 0);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_worker_that_comes_back_late_exports_no_more)
{
	set_up_with((struct lt_batch_options){.max_batch_size = 4, .schedule_delay_ms = LONG_MS});
	make_spans_and_get_stuck(4 + 3);
	ck_assert_int_eq(lt_provider_shutdown(provider, 1), -ETIMEDOUT);
	gate_set_closed(&gate, false);
	gate_wait_for(&gate, 4);
	/* As a provider does that is freed. */
	ck_assert_int_eq(processor->impl->shutdown(processor, 10000), -EIO);
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_exported, 4);
	ck_assert_uint_eq(stats.n_dropped_failed, 3);
	lt_provider_free(provider);
}
END_TEST

/* It is AddressSanitizer that fails here. */
START_TEST(what_a_stuck_exporter_uses_is_not_freed_under_it)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	make_spans_and_get_stuck(5);
	ck_assert_int_eq(lt_provider_shutdown(provider, 1), -ETIMEDOUT);
	keep_reports();
	lt_provider_free(provider);
	ck_assert_ptr_nonnull(strstr(last_report, "not freed"));
	gate_set_closed(&gate, false);
	gate_wait_for(&gate, 5);
	ck_assert_int_eq(processor->impl->shutdown(processor, 10000), 0);
}
END_TEST

START_TEST(a_span_that_ends_after_shutdown_is_dropped_and_counted)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	struct lt_span *span = lt_span_start(tracer, "late", NULL);
	ck_assert_int_eq(lt_provider_shutdown(provider, 1000), 0);
	lt_span_end(span);
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_dropped_late, 1);
	ck_assert_uint_eq(stats.n_dropped_full, 0);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_worker_that_cannot_start_is_said_once_and_flush_tells_the_truth)
{
	set_up_with((struct lt_batch_options){
		.max_queue_size = 16, .max_batch_size = 4, .schedule_delay_ms = LONG_MS});
	keep_reports();
	refuse_threads();
	make_spans(1);
	ck_assert_ptr_nonnull(strstr(last_report, "no thread to export spans with"));
	last_report[0] = '\0';
	make_spans(15);
	ck_assert_str_eq(last_report, "");
	ck_assert_int_eq(lt_provider_flush(provider, 10000), -EAGAIN);
	make_spans(3);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_dropped_full, 3);
	assert_adds_up(16 + 3);

	allow_threads();
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_spans, 16);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_worker_that_could_not_start_is_tried_again_by_a_later_span)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = 1});
	keep_reports();
	refuse_threads();
	make_spans(1);
	allow_threads();
	uint64_t n_exported = 0;
	double start = seconds();
	while (n_exported == 0) {
		make_spans(1);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		n_exported = lt_processor_batch_stats(processor).n_exported;
	}
	ck_assert_double_gt(seconds() - start, 0.5); /* the first back-off is a second */
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_shutdown_without_a_worker_counts_what_is_lost_and_says_why)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	keep_reports();
	refuse_threads();
	make_spans(5);
	ck_assert_int_eq(lt_provider_shutdown(provider, 10000), -EAGAIN);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_dropped_failed, 5);
	ck_assert_ptr_nonnull(strstr(last_report, "5 spans dropped"));
	assert_adds_up(5);
	allow_threads();
	lt_provider_free(provider);
}
END_TEST

#define MIB (1024 * 1024)

START_TEST(the_queue_is_bounded_in_bytes_too)
{
	set_up_with((struct lt_batch_options){
		.max_queue_bytes = 4 * MIB, .schedule_delay_ms = LONG_MS});
	gate_set_closed(&gate, true);
	make_large_spans(200);
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_ge(stats.n_queued, 35); /* of 104 KiB */
	ck_assert_uint_le(stats.n_queued, 40);
	ck_assert_uint_eq(stats.n_dropped_bytes, 200 - stats.n_queued);
	assert_adds_up(200);

	gate_set_closed(&gate, false);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	make_large_spans(30); /* what they took is free again */
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_exported, stats.n_queued + 30);
	lt_provider_free(provider);
}
END_TEST

START_TEST(small_spans_find_no_place_either_where_large_ones_take_the_memory)
{
	set_up_with((struct lt_batch_options){
		.max_queue_bytes = 2 * MIB, .schedule_delay_ms = LONG_MS});
	gate_set_closed(&gate, true);
	make_spans(2000); /* blocks of 2 KiB */
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_queued, 1024);
	ck_assert_uint_eq(stats.n_dropped_bytes, 2000 - 1024);
	make_large_spans(1);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_dropped_bytes, 2001 - 1024);
	gate_set_closed(&gate, false);
	lt_provider_free(provider);
}
END_TEST

START_TEST(half_of_the_bytes_are_exported_without_waiting_for_the_delay)
{
	set_up_with((struct lt_batch_options){
		.max_queue_bytes = 4 * MIB, .schedule_delay_ms = LONG_MS});
	make_large_spans(25);
	gate_wait_for(&gate, 19);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_batch_that_the_exporter_gives_back_is_exported_again_before_those_behind_it)
{
	set_up_with((struct lt_batch_options){.max_batch_size = 4, .schedule_delay_ms = LONG_MS});
	gate_set_given_back(&gate, 3);
	make_spans(10);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_spans, 10);
	ck_assert_uint_eq(gate.n_batches, 3 + 3);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_exported, 10);
	assert_adds_up(10);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_flush_does_not_return_0_while_a_batch_is_kept)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	gate_set_given_back(&gate, -1);
	make_spans(5);
	ck_assert_int_eq(lt_provider_flush(provider, 100), -ETIMEDOUT);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_queued, 5);
	gate_set_given_back(&gate, 0);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_spans, 5);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_batch_that_is_kept_gives_way_when_its_places_are_needed)
{
	set_up_with((struct lt_batch_options){
		.max_queue_size = 16, .max_batch_size = 4, .schedule_delay_ms = LONG_MS});
	gate_set_given_back(&gate, -1);
	make_spans(16);
	ck_assert_int_eq(lt_provider_flush(provider, 100), -ETIMEDOUT);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_queued, 16); /* none is needed */
	gate_set_closed(&gate, true);
	gate_wait_until_inside(&gate);
	make_spans(1); /* finds no place while the batch is exported again */
	gate_set_closed(&gate, false);
	while (lt_processor_batch_stats(processor).n_dropped_failed < 4)
		sched_yield();
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_shutdown_drops_and_counts_what_the_exporter_gives_back)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	gate_set_given_back(&gate, -1);
	make_spans(5);
	ck_assert_int_eq(lt_provider_shutdown(provider, 10000), -EIO);
	ck_assert_uint_eq(lt_processor_batch_stats(processor).n_dropped_failed, 5);
	assert_adds_up(5);
	lt_provider_free(provider);
}
END_TEST

START_TEST(spans_that_the_receiver_rejects_are_counted_and_flush_says_so)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	gate.result = 2;
	make_spans(5);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), -EIO);
	make_spans(1); /* no more are rejected than there are */
	ck_assert_int_eq(lt_provider_flush(provider, 10000), -EIO);
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_exported, 3);
	ck_assert_uint_eq(stats.n_dropped_rejected, 2 + 1);
	assert_adds_up(6);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_forks_child_exports_its_own_spans_and_not_its_parents)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = LONG_MS});
	/* The worker has started, and sleeps: gcc 12's AddressSanitizer does not guard its
	 * allocator against a fork while another thread is in it, as a thread that starts is. */
	make_spans(1);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	make_spans(7);
	struct lt_span_context in_parent, in_child;
	int ids[2];
	ck_assert_int_eq(pipe(ids), 0);
	pid_t child = fork();
	if (child == 0) {
		struct lt_span *span = lt_span_start(tracer, "child", NULL);
		lt_span_set(span, LT_ATTRS(lt_int("i", 0)));
		in_child = lt_span_get_context(span);
		lt_span_end(span);
		int err = lt_provider_flush(provider, 10000);
		ssize_t written = write(ids[1], &in_child, sizeof(in_child));
		_exit(err != 0 || gate.n_spans != 1 + 1 || written < 0);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(ids[0], &in_child, sizeof(in_child)), sizeof(in_child));
	struct lt_span *span = lt_span_start(tracer, "parent", NULL);
	in_parent = lt_span_get_context(span);
	ck_assert_mem_ne(in_parent.trace_id, in_child.trace_id, 16);
	lt_span_set(span, LT_ATTRS(lt_int("i", 1000000)));
	lt_span_end(span);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(gate.n_spans, 1 + 7 + 1);
	lt_provider_free(provider);
}
END_TEST

/* --- many threads ------------------------------------------------------------------------- */

#define N_THREADS 4
#define N_SPANS 20000

static void *end_spans(void *unused)
{
	for (int i = 0; i < N_SPANS; i++) {
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		lt_span_set(span, LT_ATTRS(lt_int("i", 0)));
		lt_span_end(span);
	}
	return NULL;
}

START_TEST(every_span_of_many_threads_is_exported_or_counted_as_dropped)
{
	set_up_with((struct lt_batch_options){.schedule_delay_ms = 1});
	pthread_t threads[N_THREADS];
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, end_spans, NULL);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	struct lt_batch_stats stats = lt_processor_batch_stats(processor);
	ck_assert_uint_eq(stats.n_exported, gate.n_spans);
	assert_adds_up(N_THREADS * N_SPANS);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("processor_batch");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_full_batch_is_exported_without_waiting_for_the_delay);
	tcase_add_test(tests, full_batches_that_follow_each_other_are_exported_too);
	tcase_add_test(tests, less_than_a_batch_waits_for_more);
	tcase_add_test(tests, the_delay_exports_what_full_batches_left);
	tcase_add_test(tests, the_delay_exports_what_there_is);
	tcase_add_test(tests, flush_exports_all_in_order_and_in_batches);
	tcase_add_test(tests, flush_with_nothing_made_is_at_once);
	tcase_add_test(tests, a_full_queue_drops_and_counts_and_recovers);
	tcase_add_test(tests, what_the_exporter_loses_is_counted_and_flush_says_so);
	tcase_add_test(tests, flush_gives_up_at_its_deadline);
	tcase_add_test(tests, shutdown_exports_what_is_queued);
	tcase_add_test(tests, shutdown_hurries_an_exporter_that_is_stuck);
	tcase_add_test(tests, shutdown_gives_up_at_its_deadline_whatever_the_exporter_does);
	tcase_add_test(tests, a_worker_that_comes_back_late_exports_no_more);
	tcase_add_test(tests, what_a_stuck_exporter_uses_is_not_freed_under_it);
	tcase_add_test(tests, a_span_that_ends_after_shutdown_is_dropped_and_counted);
	tcase_add_test(tests, a_worker_that_cannot_start_is_said_once_and_flush_tells_the_truth);
	tcase_add_test(tests, a_worker_that_could_not_start_is_tried_again_by_a_later_span);
	tcase_add_test(tests, a_shutdown_without_a_worker_counts_what_is_lost_and_says_why);
	tcase_add_test(tests, the_queue_is_bounded_in_bytes_too);
	tcase_add_test(tests, small_spans_find_no_place_either_where_large_ones_take_the_memory);
	tcase_add_test(tests, half_of_the_bytes_are_exported_without_waiting_for_the_delay);
	tcase_add_test(tests,
		a_batch_that_the_exporter_gives_back_is_exported_again_before_those_behind_it);
	tcase_add_test(tests, a_flush_does_not_return_0_while_a_batch_is_kept);
	tcase_add_test(tests, a_batch_that_is_kept_gives_way_when_its_places_are_needed);
	tcase_add_test(tests, a_shutdown_drops_and_counts_what_the_exporter_gives_back);
	tcase_add_test(tests, spans_that_the_receiver_rejects_are_counted_and_flush_says_so);
	tcase_add_test(tests, a_forks_child_exports_its_own_spans_and_not_its_parents);
	tcase_add_test(tests, every_span_of_many_threads_is_exported_or_counted_as_dropped);
	return run_tests(tests, "processor_batch");
}
