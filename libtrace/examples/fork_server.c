/* SPDX-License-Identifier: Apache-2.0 */
/* fork_server.c - a process for each request: the provider is made once, before the fork, and each child
 * exports its own spans.  They are children of the span that was current in the parent.
 *
 *	$ ./fork_server
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	accept  INTERNAL  900.0 us
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	request  INTERNAL  1.0 us  number=0
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	request  INTERNAL  1.0 us  number=1
 */
#include <libtrace/sdk.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve(struct lt_provider *provider, struct lt_tracer *tracer, int number)
{
	struct lt_span *span = lt_span_start(tracer, "request", NULL);

	lt_span_set(span, LT_ATTRS(lt_int("number", number)));
	lt_span_end(span);
	lt_provider_shutdown(provider, 2000); /* _exit() would lose what is left */
	_exit(0);
}

int main(void)
{
	struct lt_provider *provider;

	if (lt_provider_new(NULL, &provider))
		return 1;
	struct lt_tracer *tracer = lt_tracer_get(provider, "fork_server", NULL);
	struct lt_span *span = lt_span_start(tracer, "accept", NULL);
	{
		LT_SCOPE(span);
		for (int i = 0; i < 2; i++) {
			if (fork() == 0)
				serve(provider, tracer, i);
		}
	}
	while (wait(NULL) > 0)
		;
	lt_span_end(span);
	lt_provider_free(provider);
	return 0;
}
