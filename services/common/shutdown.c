/* SPDX-License-Identifier: Apache-2.0 */
/* shutdown.c - signal handlers that write to an eventfd.
 *
 * Nobody reads the eventfd, so once written it stays readable; each loop has a duplicate of it.
 * Handlers are used instead of a signalfd, which would need the signals blocked in every thread,
 * including those that a preloaded library starts before main().
 */
#include "shutdown.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int event_fd = -1;
static volatile sig_atomic_t was_signalled;

static void on_signal(int number)
{
	int saved_errno = errno;

	if (was_signalled)
		_exit(128 + number); /* the shell's convention */
	was_signalled = 1;
	shutdown_request();
	errno = saved_errno;
}

int shutdown_init(void)
{
	struct sigaction ask = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event_fd < 0)
		return -errno;
	sigemptyset(&ask.sa_mask);
	sigaddset(&ask.sa_mask, SIGTERM);
	sigaddset(&ask.sa_mask, SIGINT);
	if (sigaction(SIGTERM, &ask, NULL) != 0 || sigaction(SIGINT, &ask, NULL) != 0 ||
		sigaction(SIGPIPE, &ignore, NULL) != 0)
		return -errno;
	return 0;
}

void shutdown_request(void)
{
	uint64_t one = 1;
	ssize_t written = write(event_fd, &one, sizeof(one));
	(void)written; /* it can only fail when it is readable already */
}

static void on_event(h2o_socket_t *sock, const char *err)
{
	struct shutdown_watch *watch = sock->data;

	shutdown_watch_stop(watch);
	watch->on_shutdown(watch);
}

int shutdown_watch_start(struct shutdown_watch *watch, h2o_loop_t *loop,
	void (*on_shutdown)(struct shutdown_watch *watch))
{
	int fd = fcntl(event_fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	watch->on_shutdown = on_shutdown;
	watch->sock = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	watch->sock->data = watch;
	h2o_socket_read_start(watch->sock, on_event);
	return 0;
}

void shutdown_watch_stop(struct shutdown_watch *watch)
{
	if (!watch->sock)
		return;
	h2o_socket_read_stop(watch->sock);
	h2o_socket_close(watch->sock);
	watch->sock = NULL;
}
