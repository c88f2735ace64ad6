/* SPDX-License-Identifier: Apache-2.0 */
/* epoll.c - one thread, two requests in turns: a request's span is current only while its callback
 * runs, so that each step finds its own parent.
 *
 *	$ ./epoll
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	first  INTERNAL  40.0 us
 *	  step  INTERNAL  1.0 us
 *	  step  INTERNAL  1.0 us
 *	trace 0af7651916cd43dd8448eb211c80319c
 *	second  INTERNAL  40.0 us
 *	  step  INTERNAL  1.0 us
 *	  step  INTERNAL  1.0 us
 */
#include <libtrace/sdk.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct request {
	int fd, n_steps; /* readable: the next one is due */
	struct lt_span *span;
};

static void on_readable(struct request *request, struct lt_tracer *tracer)
{
	LT_SCOPE(request->span);
	lt_span_end(lt_span_start(tracer, "step", NULL));
	if (--request->n_steps == 0) {
		close(request->fd); /* epoll forgets it */
		lt_span_end(request->span);
	}
}

int main(void)
{
	struct lt_provider *provider;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (lt_provider_new(NULL, &provider))
		return 1;
	struct lt_tracer *tracer = lt_tracer_get(provider, "epoll", NULL);
	struct request requests[] = {{eventfd(1, 0), 2, lt_span_start(tracer, "first", NULL)},
		{eventfd(1, 0), 2, lt_span_start(tracer, "second", NULL)}};
	for (int i = 0; i < 2; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &requests[i]};
		epoll_ctl(epoll, EPOLL_CTL_ADD, requests[i].fd, &event);
	}
	while (requests[0].n_steps || requests[1].n_steps) {
		struct epoll_event events[2];
		int n = epoll_wait(epoll, events, 2, -1);
		for (int i = 0; i < n; i++)
			on_readable(events[i].data.ptr, tracer);
	}
	close(epoll);
	lt_provider_free(provider);
	return 0;
}
