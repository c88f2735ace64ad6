/* SPDX-License-Identifier: Apache-2.0 */
#include "http_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 256 /* per turn of the loop */

/* @return the entry of fd; NULL: out of memory */
static struct http_socket *entry_of(struct http_sockets *sockets, int fd)
{
	size_t n = sockets->n_table;

	if ((size_t)fd >= n) {
		size_t n_new = (size_t)fd + 1 > 2 * n ? (size_t)fd + 64 : 2 * n;
		struct http_socket *table = realloc(sockets->table, n_new * sizeof(*table));
		if (!table)
			return NULL;
		memset(table + n, 0, (n_new - n) * sizeof(*table));
		sockets->table = table;
		sockets->n_table = n_new;
	}
	return &sockets->table[fd];
}

/* Registers events for fd in place of its current ones. */
static int register_events(
	struct http_sockets *sockets, struct http_socket *entry, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	int operation = events == 0	    ? EPOLL_CTL_DEL
			: entry->registered ? EPOLL_CTL_MOD
					    : EPOLL_CTL_ADD;

	if (entry->registered == events)
		return 0;
	/* One that its owner has closed is not registered any more. */
	if (epoll_ctl(sockets->epoll_fd, operation, fd, &event) != 0 && operation != EPOLL_CTL_DEL)
		return -errno;
	entry->registered = events;
	return 0;
}

int http_sockets_want(struct http_sockets *sockets, int fd, uint32_t events, void *owner)
{
	struct http_socket *entry = entry_of(sockets, fd);

	if (!entry)
		return -ENOMEM;
	entry->wanted = events;
	entry->owner = owner;
	if (events == 0 && entry->is_connection)
		return 0; /* curl will wait for it again soon */
	return register_events(sockets, entry, fd, events);
}

int http_sockets_open(struct http_sockets *sockets, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0)
		return -errno;
	struct http_socket *entry = entry_of(sockets, fd);
	if (!entry) {
		close(fd);
		return -ENOMEM;
	}
	*entry = (struct http_socket){.is_connection = true};
	return fd;
}

void http_sockets_close(struct http_sockets *sockets, int fd)
{
	struct http_socket *entry = entry_of(sockets, fd);

	if (entry)
		*entry = (struct http_socket){0};
	close(fd); /* also removes it from the epoll */
}

void http_sockets_poll(struct http_sockets *sockets)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(sockets->epoll_fd, events, EVENTS_MAX, 0);

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		struct http_socket *entry = &sockets->table[fd];
		if (entry->wanted != 0)
			sockets->on_ready(entry->owner, fd, events[i].events);
		else if (entry->registered != 0) /* closed by the other side while idle */
			register_events(sockets, entry, fd, 0);
	}
	if (sockets->on_done)
		sockets->on_done(sockets->user);
}

static void on_readable(h2o_socket_t *sock, const char *err)
{
	http_sockets_poll(sock->data);
}

int http_sockets_start(struct http_sockets *sockets, h2o_loop_t *loop,
	void (*on_ready)(void *owner, int fd, uint32_t events), void (*on_done)(void *user),
	void *user)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	*sockets = (struct http_sockets){
		.epoll_fd = fd, .on_ready = on_ready, .on_done = on_done, .user = user};
	sockets->sock = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	sockets->sock->data = sockets;
	h2o_socket_read_start(sockets->sock, on_readable);
	return 0;
}

void http_sockets_stop(struct http_sockets *sockets)
{
	if (!sockets->sock)
		return;
	h2o_socket_read_stop(sockets->sock);
	h2o_socket_close(sockets->sock);
	sockets->sock = NULL;
	free(sockets->table);
}
