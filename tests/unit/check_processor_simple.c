/* SPDX-License-Identifier: Apache-2.0 */
/* check_processor_simple.c - exports one span at a time, none after shutdown, and never waits
 * without a limit.
 */
#include "check_main.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* An exporter that a test can hold closed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_closed;
static unsigned n_inside, n_exported;

static int export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	pthread_mutex_lock(&lock);
	ck_assert_uint_eq(n_inside++, 0);
	pthread_cond_broadcast(&changed);
	while (is_closed)
		pthread_cond_wait(&changed, &lock);
	n_inside--;
	n_exported++;
	pthread_mutex_unlock(&lock);
	return 0;
}

static void set_closed(bool closed)
{
	pthread_mutex_lock(&lock);
	is_closed = closed;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void wait_until_inside(void)
{
	pthread_mutex_lock(&lock);
	while (n_inside == 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static struct lt_provider *provider;
static struct lt_processor *processor;
static struct lt_tracer *tracer;

static void set_up(void)
{
	static const struct lt_exporter_impl impl = {.export_spans = export};
	static struct lt_exporter exporter = {&impl};
	ck_assert_int_eq(lt_processor_simple_new(&exporter, &processor), 0);
	ck_assert_int_eq(
		lt_provider_new(&(struct lt_provider_options){.processor = processor}, &provider),
		0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void *make_span(void *unused)
{
	lt_span_end(lt_span_start(tracer, "s", NULL));
	return NULL;
}

START_TEST(nothing_is_exported_after_shutdown)
{
	set_up();
	struct lt_span *late = lt_span_start(tracer, "late", NULL);
	make_span(NULL);
	ck_assert_int_eq(lt_provider_shutdown(provider, 1000), 0);
	lt_span_end(late);
	ck_assert_uint_eq(n_exported, 1);
	lt_provider_free(provider);
}
END_TEST

START_TEST(flush_and_shutdown_give_up_at_their_deadlines)
{
	pthread_t thread;
	set_up();
	set_closed(true);
	pthread_create(&thread, NULL, make_span, NULL);
	wait_until_inside();
	struct lt_span *waits = lt_span_start(tracer, "waits", NULL);
	ck_assert_int_eq(lt_provider_flush(provider, 10), -ETIMEDOUT);
	ck_assert_int_eq(lt_provider_shutdown(provider, 10), -ETIMEDOUT);
	lt_span_end(waits); /* at once: it is too late */
	set_closed(false);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(n_exported, 1);
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_forks_child_does_not_wait_for_its_parents_export)
{
	enum { PATIENCE_S = 20 };
	pthread_t thread;
	set_up();
	set_closed(true);
	pthread_create(&thread, NULL, make_span, NULL);
	wait_until_inside();
	pid_t child = fork();
	if (child == 0) {
		alarm(PATIENCE_S);
		is_closed = false;
		n_inside = 0;
		make_span(NULL);
		_exit(n_exported != 1);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	set_closed(false);
	pthread_join(thread, NULL);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("processor_simple");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, nothing_is_exported_after_shutdown);
	tcase_add_test(tests, flush_and_shutdown_give_up_at_their_deadlines);
	tcase_add_test(tests, a_forks_child_does_not_wait_for_its_parents_export);
	return run_tests(tests, "processor_simple");
}
