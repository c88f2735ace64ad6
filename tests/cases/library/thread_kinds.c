/* SPDX-License-Identifier: Apache-2.0 */
/* thread_kinds.c - starts threads of all kinds where a span is current, and prints what became of each;
 * on standard error, a line each, whether the span was current in them: "yes" or "no". */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <threads.h>

#include <libtrace/context.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_BYTES ((size_t)1 << 20) /* theirs needs more than the least */
#else
#define STACK_BYTES ((size_t)PTHREAD_STACK_MIN)
#endif

static struct lt_span_context expected;
static sem_t done, go_on;
static pthread_key_t key;

static void report(const char *kind)
{
	const struct lt_span_context found = lt_span_get_context(lt_span_current());

	fprintf(stderr, "%s %s\n", kind,
		memcmp(found.trace_id, expected.trace_id, sizeof(found.trace_id)) == 0 &&
				memcmp(found.span_id, expected.span_id, sizeof(found.span_id)) == 0
			? "yes"
			: "no");
}

static void *return_it(void *argument)
{
	report("return");
	return argument;
}

static void *exit_with_it(void *argument)
{
	report("exit");
	pthread_exit(argument);
}

static void at_end(void *value)
{
	report("destructor");
	sem_post(&done);
}

/* With a destructor of the thread's own, which runs at a cancellation too. */
static void *wait_for_ever(void *argument)
{
	pthread_setspecific(key, &key);
	report("cancelled");
	sem_post(&done);
	for (;;)
		sem_wait(&go_on);
	return NULL;
}

static void *post(void *argument)
{
	report(argument);
	sem_post(&done);
	return NULL;
}

/* Goes on after the span has ended. */
static void *outlive(void *argument)
{
	sem_wait(&go_on);
	report("later");
	return NULL;
}

static void *start_another(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, return_it, NULL);
	pthread_join(thread, NULL);
	return NULL;
}

static int return_c11(void *argument)
{
	report("c11");
	return *(int *)argument;
}

static int exit_c11(void *argument)
{
	report("c11 exit");
	thrd_exit(*(int *)argument);
}

static void join(const char *kind, pthread_t thread)
{
	void *result;
	int err = pthread_join(thread, &result);

	printf("%s: %d, %s\n", kind, err,
		result == PTHREAD_CANCELED ? "cancelled"
		: result		   ? "its argument"
					   : "nothing");
}

static void try_with_attributes(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	size_t bytes;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&thread, &attr, return_it, &done) == 0)
		join("least stack", thread);
	pthread_attr_getstacksize(&attr, &bytes);
	printf("attributes: %d\n", bytes == STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	printf("detached: %d\n",
		pthread_create(&thread, &attr, post, (void *)(uintptr_t) "detached"));
	sem_wait(&done);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	pthread_attr_setstacksize(&attr, SIZE_MAX / 4 & ~(size_t)0xffff);
	printf("refused: %d\n", pthread_create(&thread, &attr, post, NULL) != 0);
#endif
	pthread_attr_destroy(&attr);
}

static void try_c11(void)
{
	int argument = 9, result = 0;
	thrd_t thread;

	if (thrd_create(&thread, return_c11, &argument) == thrd_success)
		thrd_join(thread, &result);
	printf("c11: %d\n", result);
	argument = 5;
	if (thrd_create(&thread, exit_c11, &argument) == thrd_success)
		thrd_join(thread, &result);
	printf("c11 exit: %d\n", result);
}

int main(void)
{
	struct lt_tracer *tracer = lt_tracer_get(lt_provider_global(), "thread_kinds", NULL);
	struct lt_span *span = lt_span_start(tracer, "request", NULL);
	pthread_t thread, later;
	struct lt_scope scope;

	sem_init(&done, 0, 0);
	sem_init(&go_on, 0, 0);
	pthread_key_create(&key, at_end);
	expected = lt_span_get_context(span);
	lt_scope_enter(&scope, span);
	pthread_create(&later, NULL, outlive, NULL);
	pthread_create(&thread, NULL, return_it, &done);
	join("return", thread);
	pthread_create(&thread, NULL, exit_with_it, &done);
	join("exit", thread);
	pthread_create(&thread, NULL, wait_for_ever, &done);
	sem_wait(&done);
	pthread_cancel(thread);
	join("cancelled", thread);
	sem_wait(&done);
	pthread_create(&thread, NULL, start_another, NULL);
	join("another", thread);
	try_with_attributes();
	try_c11();
	lt_scope_leave(&scope);
	lt_span_end(span);
	sem_post(&go_on);
	join("later", later);
	expected = (struct lt_span_context){
		0}; /* what a thread has that is started where nothing is */
	pthread_create(&thread, NULL, return_it, &done);
	join("none", thread);
	return 0;
}
