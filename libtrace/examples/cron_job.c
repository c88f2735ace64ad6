/* SPDX-License-Identifier: Apache-2.0 */
/* cron_job.c - a job that continues the trace of who started it, by the variables TRACEPARENT and
 * TRACESTATE, and hands it on to the program that it starts.
 *
 *	$ TRACEPARENT=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ./cron_job
 *	the backup's parent is 00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	cron_job  INTERNAL  1.2 ms
 */
#include <libtrace/context.h>
#include <libtrace/sdk.h>
#include <spawn.h>
#include <sys/wait.h>

static void run(const char *command) /* with the current span as its parent */
{
	char *arguments[] = {"sh", "-c", (char *)command, NULL};
	struct lt_environment *environment;
	pid_t child;

	if (lt_environment_new(NULL, &environment))
		return;
	lt_inject(lt_environment_carrier(), environment, NULL);
	if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments,
		    lt_environment_vars(environment)) == 0)
		waitpid(child, NULL, 0);
	lt_environment_free(environment);
}

int main(void)
{
	struct lt_provider *provider;
	struct lt_span_context caller;

	if (lt_provider_new(NULL, &provider))
		return 1;
	bool has_caller = lt_extract(lt_environment_carrier(), NULL, &caller) == 0;
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "cron_job", NULL), "cron_job",
		&(struct lt_span_options){.parent = has_caller ? &caller : NULL});
	{
		LT_SCOPE(span);
		run("echo \"the backup's parent is $TRACEPARENT\" >&2");
	}
	lt_span_end(span);
	lt_provider_free(provider);
	return 0;
}
