/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - an epoll loop over the connections. */
#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CONNECTING_MAX 128 /* at once: a server's backlog holds as many */
#define EVENTS_MAX 256	   /* in one turn */

int64_t client_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- opening ------------------------------------------------------------------------------ */

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int begin_connection(struct client *client, struct client_conn *conn, unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = conn};
	int on = 1;

	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (conn->fd < 0)
		return -errno;
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(conn->fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
		errno != EINPROGRESS)
		return -errno;
	return epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) == 0 ? 0 : -errno;
}

static int watch(struct client *client, struct client_conn *conn, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = conn};
	return epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, conn->fd, &event) == 0 ? 0 : -errno;
}

static int finish_connection(struct client *client, struct client_conn *conn)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		return -errno;
	return err ? -err : watch(client, conn, EPOLLIN);
}

int client_open(struct client *client, unsigned port, size_t n,
	void (*on_answer)(struct client *client, struct client_conn *conn, int status))
{
	struct epoll_event events[CONNECTING_MAX];
	size_t n_begun = 0, n_open = 0;
	int err = 0;

	raise_descriptor_limit();
	*client = (struct client){.on_answer = on_answer,
		.n = n,
		.conns = calloc(n, sizeof(*client->conns)),
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.tick_fd = -1};
	if (!client->conns || client->epoll_fd < 0)
		return -ENOMEM;
	while (!err && n_open < n) {
		for (; !err && n_begun < n && n_begun - n_open < CONNECTING_MAX; n_begun++)
			err = begin_connection(client, &client->conns[n_begun], port);
		int n_events = err ? 0 : epoll_wait(client->epoll_fd, events, CONNECTING_MAX, -1);
		for (int i = 0; !err && i < n_events; i++, n_open++)
			err = finish_connection(client, events[i].data.ptr);
	}
	return err;
}

int client_tick(struct client *client, int64_t start_ns, int64_t interval_ns,
	void (*on_tick)(struct client *client))
{
	struct itimerspec times = {
		.it_value = {start_ns / 1000000000, start_ns % 1000000000},
		.it_interval = {interval_ns / 1000000000, interval_ns % 1000000000},
	};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	client->on_tick = on_tick;
	client->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (client->tick_fd < 0 ||
		timerfd_settime(client->tick_fd, TFD_TIMER_ABSTIME, &times, NULL) != 0 ||
		epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, client->tick_fd, &event) != 0)
		return -errno;
	return 0;
}

/* --- requests and answers ----------------------------------------------------------------- */

static void finish(struct client *client, struct client_conn *conn, int status)
{
	bool was_busy = conn->is_busy;

	conn->is_busy = false;
	if (status == 0) {
		close(conn->fd);
		conn->fd = -1;
	}
	if (was_busy)
		client->on_answer(client, conn, status);
}

/* @return false when the connection is broken */
static bool write_some(struct client *client, struct client_conn *conn)
{
	while (conn->out_len > 0) {
		ssize_t n = send(conn->fd, conn->out, conn->out_len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return false;
		conn->out += n;
		conn->out_len -= (size_t)n;
	}
	if (conn->waits_to_write == (conn->out_len > 0))
		return true;
	conn->waits_to_write = conn->out_len > 0;
	return watch(client, conn, conn->waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN) == 0;
}

void client_send(struct client *client, struct client_conn *conn, const char *request, size_t len)
{
	conn->is_busy = true;
	conn->out = request;
	conn->out_len = len;
	conn->in_len = 0;
	conn->status = 0;
	/* A broken connection is reported by epoll, like a closed one, and not from here. */
	if (!write_some(client, conn))
		conn->out_len = 0;
}

/* Reads the headers. @return false when they are none, or not such as a Content-Length is in */
static bool read_head(struct client_conn *conn, const char *end)
{
	static const char name[] = "\r\ncontent-length:";
	char *length = strcasestr(conn->in, name);

	if (sscanf(conn->in, "HTTP/1.1 %3d", &conn->status) != 1 || !length || length > end)
		return false;
	size_t body_len = strtoul(length + strlen(name), NULL, 10);
	size_t got = conn->in_len - (size_t)(end - conn->in);
	conn->body_left = body_len - got;
	return got <= body_len; /* more would be an answer to no question */
}

/* @return false when the connection is broken */
static bool read_some(struct client_conn *conn)
{
	bool has_head = conn->status != 0;
	/* The headers stay; a body is read over what there is of it. */
	char *to = has_head ? conn->in : conn->in + conn->in_len;
	size_t room = sizeof(conn->in) - 1 - (has_head ? 0 : conn->in_len);
	ssize_t n = recv(conn->fd, to, room, 0);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (has_head && (size_t)n > conn->body_left)
		return false; /* no request is pending */
	if (has_head) {
		conn->body_left -= (size_t)n;
		return true;
	}
	conn->in_len += (size_t)n;
	conn->in[conn->in_len] = '\0';
	char *end = strstr(conn->in, "\r\n\r\n");
	return end ? read_head(conn, end + 4) : conn->in_len < sizeof(conn->in) - 1;
}

static void handle(struct client *client, struct client_conn *conn, uint32_t events)
{
	bool is_fine = true;

	if (events & EPOLLOUT)
		is_fine = write_some(client, conn);
	if (is_fine && events & ~(uint32_t)EPOLLOUT)
		is_fine = read_some(conn);
	if (!is_fine)
		finish(client, conn, 0);
	else if (conn->is_busy && conn->status != 0 && conn->body_left == 0)
		finish(client, conn, conn->status);
}

void client_run(struct client *client, int64_t until_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t wait_ms = (until_ns - client_now_ns() + 999999) / 1000000;
	int n = epoll_wait(client->epoll_fd, events, EVENTS_MAX,
		wait_ms < 0	  ? 0
		: wait_ms > 60000 ? 60000
				  : (int)wait_ms);

	for (int i = 0; i < n; i++) {
		uint64_t n_ticks;
		if (events[i].data.ptr)
			handle(client, events[i].data.ptr, events[i].events);
		else if (read(client->tick_fd, &n_ticks, sizeof(n_ticks)) > 0)
			client->on_tick(client);
	}
}

/* --- latencies ---------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void client_sort(int64_t *latencies, size_t n)
{
	qsort(latencies, n, sizeof(*latencies), compare);
}

int64_t client_percentile(const int64_t *sorted, size_t n, double percent)
{
	size_t at = (size_t)((double)n * percent / 100);
	return n == 0 ? 0 : sorted[at < n ? at : n - 1];
}
