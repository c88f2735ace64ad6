/* SPDX-License-Identifier: Apache-2.0 */
#include "h2o_watch.h"

#include <errno.h>
#include <sys/socket.h>

#include "h2o_compat.h"

void watch_stop(struct watch *watch)
{
	if (!watch->sock)
		return;
	h2o_socket_dont_read(watch->sock, 0);
	h2o_socket_read_stop(watch->sock);
	watch->sock->data = watch->h2o_data;
	watch->sock = NULL;
}

static void on_readable(h2o_socket_t *sock, const char *err)
{
	struct watch *watch = sock->data;
	char byte;
	ssize_t n = recv(h2o_socket_get_fd(sock), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	bool is_reset = n < 0 && errno != EAGAIN && errno != EINTR;

	/* Bytes belong to a pipelined request, which h2o reads later: the watch ends, as they would
	 * wake it in every turn. */
	if (is_reset || n >= 0)
		watch_stop(watch);
	if (is_reset || n == 0)
		watch->on_closed(watch, is_reset);
}

void watch_start(
	struct watch *watch, h2o_req_t *req, void (*on_closed)(struct watch *watch, bool is_reset))
{
	watch->sock = compat_socket(req);
	if (!watch->sock)
		return;
	watch->on_closed = on_closed;
	watch->h2o_data = watch->sock->data;
	watch->sock->data = watch;
	h2o_socket_dont_read(watch->sock, 1);
	h2o_socket_read_start(watch->sock, on_readable);
}
