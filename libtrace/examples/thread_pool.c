/* SPDX-License-Identifier: Apache-2.0 */
/* thread_pool.c - two threads take jobs; each job's span is a child of the span that was current where
 * the job was given away, whichever thread does it.
 *
 *	$ ./thread_pool
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	batch  INTERNAL  150.0 us
 *	  job  INTERNAL  1.0 us
 *	  job  INTERNAL  1.0 us
 *	  job  INTERNAL  1.0 us
 */
#include <libtrace/context.h>
#include <libtrace/sdk.h>
#include <pthread.h>

#define N_JOBS 3

static struct lt_tracer *tracer;
static struct lt_context *jobs[N_JOBS]; /* a real pool has the work beside the context */
static unsigned n_taken;

static void *do_job(void *argument)
{
	lt_span_end(lt_span_start(tracer, "job", NULL));
	return argument;
}

static void *work(void *unused)
{
	for (unsigned i; (i = __atomic_fetch_add(&n_taken, 1, __ATOMIC_RELAXED)) < N_JOBS;)
		lt_context_run(jobs[i], do_job, NULL);
	return unused;
}

int main(void)
{
	struct lt_provider *provider;
	pthread_t threads[2];

	if (lt_provider_new(NULL, &provider))
		return 1;
	tracer = lt_tracer_get(provider, "thread_pool", NULL);
	struct lt_span *span = lt_span_start(tracer, "batch", NULL);
	for (int i = 0; i < N_JOBS; i++)
		jobs[i] = lt_context_with_span(NULL, span); /* or lt_context_current() */
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	lt_span_end(span);
	lt_provider_free(provider);
	return 0;
}
