/* SPDX-License-Identifier: Apache-2.0 */
/* check_processors.c - several processors in one: their order, the spans that they share, their time, and
 * what becomes of their exporters.
 */
#include "check_main.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static struct lt_provider *provider;
static struct lt_tracer *tracer;

static void set_up_with(struct lt_processor *const *processors, size_t n)
{
	struct lt_provider_options options = {0};
	ck_assert_int_eq(lt_processor_composite_new(processors, n, &options.processor), 0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void make_spans(int n)
{
	for (int i = 0; i < n; i++)
		lt_span_end(lt_span_start(tracer, "s", NULL));
}

/* --- processors that keep a log ----------------------------------------------------------- */

static char calls[256]; /* what was called, in order */

static void note(char name, const char *what)
{
	size_t len = strlen(calls);
	snprintf(calls + len, sizeof(calls) - len, "%c.%s ", name, what);
}

struct noting {
	struct lt_processor super;
	char name;
	bool keeps;
	struct lt_span *kept;
	int result; /* of flush and shutdown */
};

static void note_start(
	struct lt_processor *self, struct lt_span *span, const struct lt_span_context_view *parent)
{
	note(((struct noting *)self)->name, "start");
}

static void note_end(struct lt_processor *self, struct lt_span *span)
{
	struct noting *noting = (struct noting *)self;
	note(noting->name, "end");
	if (noting->keeps)
		noting->kept = span;
	else
		lt_span_recycle(span);
}

static int note_flush(struct lt_processor *self, unsigned timeout_ms)
{
	note(((struct noting *)self)->name, "flush");
	return ((struct noting *)self)->result;
}

static int note_shutdown(struct lt_processor *self, unsigned timeout_ms)
{
	note(((struct noting *)self)->name, "shutdown");
	return ((struct noting *)self)->result;
}

static void note_free(struct lt_processor *self)
{
	note(((struct noting *)self)->name, "free");
}

static const struct lt_processor_impl noting_impl = {.on_start = note_start,
	.on_end = note_end,
	.flush = note_flush,
	.shutdown = note_shutdown,
	.free = note_free};

START_TEST(processors_are_called_in_their_order)
{
	struct noting a = {{&noting_impl}, .name = 'a'}, b = {{&noting_impl}, .name = 'b'};
	set_up_with((struct lt_processor *[]){&a.super, &b.super}, 2);
	make_spans(1);
	ck_assert_int_eq(lt_provider_flush(provider, 1000), 0);
	lt_provider_free(provider);
	ck_assert_str_eq(calls, "a.start b.start a.end b.end a.flush b.flush a.shutdown b.shutdown "
				"a.free b.free ");
}
END_TEST

START_TEST(an_error_of_one_is_returned_and_the_others_are_called_all_the_same)
{
	struct noting a = {{&noting_impl}, .name = 'a', .result = -EIO},
		      b = {{&noting_impl}, .name = 'b'};
	set_up_with((struct lt_processor *[]){&a.super, &b.super}, 2);
	ck_assert_int_eq(lt_provider_flush(provider, 1000), -EIO);
	b.result = -ETIMEDOUT;
	ck_assert_int_eq(lt_provider_shutdown(provider, 1000), -ETIMEDOUT);
	b.result = 0;
	lt_provider_free(provider);
	/* Only the one that had timed out is waited for again. */
	ck_assert_str_eq(calls, "a.flush b.flush a.shutdown b.shutdown b.shutdown a.free b.free ");
}
END_TEST

START_TEST(an_ended_span_lives_until_the_last_processor_gives_it_back)
{
	enum { OTHERS = 100 };
	struct noting a = {{&noting_impl}, .name = 'a', .keeps = true},
		      b = {{&noting_impl}, .name = 'b'},
		      c = {{&noting_impl}, .name = 'c', .keeps = true};
	set_up_with((struct lt_processor *[]){&a.super, &b.super, &c.super}, 3);
	struct lt_span *span = lt_span_start(tracer, "kept", NULL);
	char long_text[5000] = "long"; /* not in the span's block */
	lt_span_set(
		span, LT_ATTRS(lt_strn("text", (struct lt_slice){long_text, sizeof(long_text)})));
	lt_span_end(span);
	struct lt_span *kept = a.kept;
	ck_assert_ptr_eq(c.kept, kept);
	lt_span_recycle(a.kept);
	a.keeps = c.keeps = false;
	make_spans(OTHERS);
	const struct lt_span_data *data = lt_span_read(kept);
	ck_assert_slice_eq(data->name, "kept");
	struct lt_slice text = lt_attributes_find(&data->attrs, "text")->value.string;
	ck_assert_uint_eq(text.len, sizeof(long_text));
	ck_assert_mem_eq(text.ptr, long_text, sizeof(long_text));
	lt_span_recycle(kept);
	struct lt_span *next = lt_span_start(tracer, "next", NULL); /* now it is free */
	ck_assert_uint_lt((uintptr_t)next - (uintptr_t)kept, 16);
	lt_span_end(next);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_processor_that_takes_no_spans_keeps_none)
{
	static const struct lt_processor_impl none;
	struct lt_processor nothing = {&none};
	struct noting b = {{&noting_impl}, .name = 'b', .keeps = true};
	set_up_with((struct lt_processor *[]){&nothing, &b.super}, 2);
	make_spans(1);
	ck_assert_ptr_nonnull(b.kept);
	lt_span_recycle(b.kept);
	b.keeps = false;
	ck_assert_int_eq(lt_provider_flush(provider, 1000), 0);
	lt_provider_free(provider);
}
END_TEST

START_TEST(none_and_too_many_are_refused_and_freed)
{
	struct noting a = {{&noting_impl}, .name = 'a'};
	struct lt_processor *processors[LT_PROCESSORS_MAX + 1], *composite = NULL;
	for (size_t i = 0; i <= LT_PROCESSORS_MAX; i++)
		processors[i] = &a.super;
	ck_assert_int_eq(lt_processor_composite_new(processors, 0, &composite), -EINVAL);
	ck_assert_str_eq(calls, "");
	ck_assert_int_eq(
		lt_processor_composite_new(processors, LT_PROCESSORS_MAX + 1, &composite), -EINVAL);
	ck_assert_uint_eq(strlen(calls), (LT_PROCESSORS_MAX + 1) * strlen("a.free "));
	ck_assert_ptr_null(composite);
}
END_TEST

/* --- exporters ---------------------------------------------------------------------------- */

struct gate {
	struct lt_exporter super;
	char name;
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool is_closed;
	int flush_result;
	atomic_uint n_spans, n_bytes;
};

static int gate_export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct gate *gate = (struct gate *)self;
	pthread_mutex_lock(&gate->lock);
	while (gate->is_closed)
		pthread_cond_wait(&gate->opened, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
	for (size_t i = 0; i < n; i++) /* reads what the others read too */
		atomic_fetch_add(
			&gate->n_bytes, (unsigned)spans[i]->name.len + (unsigned)spans[i]->attrs.n);
	atomic_fetch_add(&gate->n_spans, (unsigned)n);
	if (gate->name)
		note(gate->name, "export");
	return 0;
}

static int gate_flush(struct lt_exporter *self, unsigned timeout_ms)
{
	struct gate *gate = (struct gate *)self;
	if (gate->name)
		note(gate->name, "flush");
	return gate->flush_result;
}

static int gate_shutdown(struct lt_exporter *self, unsigned timeout_ms)
{
	if (((struct gate *)self)->name)
		note(((struct gate *)self)->name, "shutdown");
	return 0;
}

static void gate_free(struct lt_exporter *self)
{
	if (((struct gate *)self)->name)
		note(((struct gate *)self)->name, "free");
}

static const struct lt_exporter_impl gate_impl = {.export_spans = gate_export,
	.flush = gate_flush,
	.shutdown = gate_shutdown,
	.free = gate_free};
#define GATE                                                                                       \
	{                                                                                          \
		.super = {&gate_impl}, .lock = PTHREAD_MUTEX_INITIALIZER,                          \
		.opened = PTHREAD_COND_INITIALIZER                                                 \
	}
static struct gate gates[3] = {GATE, GATE, GATE};

static void open_gate(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->is_closed = false;
	pthread_cond_broadcast(&gate->opened);
	pthread_mutex_unlock(&gate->lock);
}

static struct lt_processor *batch_of(struct gate *gate, size_t queue_size)
{
	struct lt_processor *processor;
	ck_assert_int_eq(lt_processor_batch_new(&gate->super,
				 &(struct lt_batch_options){.max_queue_size = queue_size,
					 .max_batch_size = 4,
					 .schedule_delay_ms = 3600000},
				 &processor),
		0);
	return processor;
}

START_TEST(each_queue_has_its_own_limit_and_counts)
{
	struct lt_processor *full = batch_of(&gates[0], 8), *whole = batch_of(&gates[1], 100);
	gates[0].is_closed = true;
	set_up_with((struct lt_processor *[]){full, whole}, 2);
	make_spans(50);
	struct timespec before, after;
	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(lt_provider_flush(provider, 400), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 5);
	ck_assert_uint_eq(lt_processor_batch_stats(whole).n_exported, 50); /* it had its own time */
	ck_assert_uint_eq(lt_processor_batch_stats(full).n_dropped_full, 42);
	ck_assert_uint_eq(lt_processor_batch_stats(full).n_queued, 8);
	open_gate(&gates[0]);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	ck_assert_uint_eq(lt_processor_batch_stats(full).n_exported, 8);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_batch_processor_flushes_its_exporter_and_shuts_it_down_once)
{
	gates[0].name = 'e';
	set_up_with((struct lt_processor *[]){batch_of(&gates[0], 100)}, 1);
	make_spans(2);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	make_spans(1);
	gates[0].flush_result = -ENOSPC;
	ck_assert_int_eq(lt_provider_flush(provider, 10000), -ENOSPC);
	make_spans(1);
	ck_assert_int_eq(lt_provider_shutdown(provider, 10000), 0);
	lt_provider_free(provider);
	ck_assert_str_eq(calls, "e.export e.flush e.export e.flush e.export e.shutdown e.free ");
}
END_TEST

START_TEST(an_exporter_without_spans_is_shut_down_too)
{
	gates[0].name = 'e';
	set_up_with((struct lt_processor *[]){batch_of(&gates[0], 100)}, 1);
	lt_provider_free(provider);
	ck_assert_str_eq(calls, "e.shutdown e.free ");
}
END_TEST

START_TEST(a_simple_processor_flushes_its_exporter_and_shuts_it_down_once)
{
	struct lt_processor *simple;
	gates[0].name = 'e';
	ck_assert_int_eq(lt_processor_simple_new(&gates[0].super, &simple), 0);
	set_up_with(&simple, 1);
	make_spans(1);
	ck_assert_int_eq(lt_provider_flush(provider, 10000), 0);
	lt_provider_free(provider);
	ck_assert_str_eq(calls, "e.export e.flush e.shutdown e.free ");
}
END_TEST

/* --- many threads, for ThreadSanitizer ---------------------------------------------------- */

enum { THREADS = 4, SPANS = 2000 };

static void *make_large_and_small_spans(void *unused)
{
	char text[3000] = "text"; /* every other span outgrows its block */
	for (int i = 0; i < SPANS; i++) {
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		lt_span_set(
			span, LT_ATTRS(lt_int("i", i),
				      lt_strn("text", (struct lt_slice){text, i % 2 ? 3000 : 4})));
		lt_span_end(span);
	}
	return NULL;
}

START_TEST(spans_of_many_threads_are_shared_by_workers_without_a_race)
{
	struct lt_processor *simple, *whole = batch_of(&gates[0], THREADS * SPANS),
				     *full = batch_of(&gates[1], 16);
	ck_assert_int_eq(lt_processor_simple_new(&gates[2].super, &simple), 0);
	set_up_with((struct lt_processor *[]){whole, simple, full}, 3);
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, make_large_and_small_spans, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(lt_provider_shutdown(provider, 60000), 0);
	struct lt_batch_stats stats = lt_processor_batch_stats(full);
	ck_assert_uint_eq(lt_processor_batch_stats(whole).n_exported, THREADS * SPANS);
	ck_assert_uint_eq(stats.n_exported + stats.n_dropped_full, THREADS * SPANS);
	ck_assert_uint_eq(atomic_load(&gates[2].n_spans), THREADS * SPANS);
	ck_assert_uint_eq(atomic_load(&gates[0].n_bytes), 3 * THREADS * SPANS);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("processors");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, processors_are_called_in_their_order);
	tcase_add_test(tests, an_error_of_one_is_returned_and_the_others_are_called_all_the_same);
	tcase_add_test(tests, an_ended_span_lives_until_the_last_processor_gives_it_back);
	tcase_add_test(tests, a_processor_that_takes_no_spans_keeps_none);
	tcase_add_test(tests, none_and_too_many_are_refused_and_freed);
	tcase_add_test(tests, each_queue_has_its_own_limit_and_counts);
	tcase_add_test(tests, a_batch_processor_flushes_its_exporter_and_shuts_it_down_once);
	tcase_add_test(tests, an_exporter_without_spans_is_shut_down_too);
	tcase_add_test(tests, a_simple_processor_flushes_its_exporter_and_shuts_it_down_once);
	tcase_add_test(tests, spans_of_many_threads_are_shared_by_workers_without_a_race);
	return run_tests(tests, "processors");
}
