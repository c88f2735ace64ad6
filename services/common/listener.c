/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define ACCEPT_MAX LISTEN_BACKLOG /* per turn: requests that wait there nobody can shed */
#define RETRY_DELAY_MS 100	  /* after running out of descriptors or memory */
#define WARN_INTERVAL_MS 10000
#define LAST_CALL_MS 50 /* for connections that were being established when listening ends */

/* --- opening ------------------------------------------------------------------------------ */

static int open_socket(const struct addrinfo *address, int option)
{
	int on = 1, off = 0;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (address->ai_family == AF_INET6) /* "::" accepts IPv4 as well */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		(option && setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) != 0) ||
		bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
		listen(fd, LISTEN_BACKLOG) != 0) {
		int err = errno;
		close(fd);
		return -err;
	}
	return fd;
}

static unsigned short *port_of(struct sockaddr *address)
{
	return address->sa_family == AF_INET6 ? &((struct sockaddr_in6 *)address)->sin6_port
					      : &((struct sockaddr_in *)address)->sin_port;
}

/* SO_REUSEPORT would also let a second program share the port and silently take half of the
 * requests. So a socket without it must be able to bind the port first. */
static int claim_port(struct addrinfo *address)
{
	int fd = open_socket(address, 0);

	if (fd < 0)
		return fd;
	int err = getsockname(fd, address->ai_addr, &address->ai_addrlen) == 0 ? 0 : -errno;
	close(fd);
	return err;
}

static int open_all(struct addrinfo *address, size_t n, int *fds)
{
	int err = claim_port(address);

	for (size_t i = 0; !err && i < n; i++) {
		fds[i] = open_socket(address, SO_REUSEPORT);
		if (fds[i] >= 0)
			continue;
		err = fds[i];
		while (i > 0)
			close(fds[--i]);
	}
	return err;
}

static void complain(const char *host, const char *setting, unsigned port, int err)
{
	char message[120];

	snprintf(message, sizeof(message),
		err == -EADDRINUSE ? "port %u is busy: set %s to another one"
				   : "cannot listen on port %u: see HOST and %s",
		port, setting);
	log_error(message, LOG_FIELDS(log_str("HOST", host), log_str("reason", strerror(-err))));
}

int listen_on(const char *host, const char *setting, unsigned port, size_t n, int *fds,
	unsigned *ret_port)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *address;
	char service[12];

	snprintf(service, sizeof(service), "%u", port);
	int status = getaddrinfo(host, service, &hints, &address);
	if (status != 0) {
		log_error("HOST is not an address of this machine",
			LOG_FIELDS(log_str("HOST", host), log_str("reason", gai_strerror(status))));
		return -EADDRNOTAVAIL;
	}
	int err = open_all(address, n, fds);
	if (!err)
		*ret_port = ntohs(*port_of(address->ai_addr));
	else
		complain(host, setting, port, err);
	freeaddrinfo(address);
	return err;
}

/* --- accepting ---------------------------------------------------------------------------- */

enum outcome { ACCEPTED, QUEUE_EMPTY, NO_ROOM, FAILED };

static enum outcome accept_one(struct listener *listener)
{
	if (listener->has_room && !listener->has_room(listener))
		return NO_ROOM;
	errno = 0;
	h2o_socket_t *sock = h2o_evloop_socket_accept(listener->sock);
	if (sock)
		listener->on_accept(listener, sock);
	else if (errno != ECONNABORTED && errno != EINTR)
		return errno == EAGAIN ? QUEUE_EMPTY : FAILED;
	return ACCEPTED;
}

/* @return ACCEPTED: there may be more */
static enum outcome accept_some(struct listener *listener)
{
	enum outcome outcome = ACCEPTED;

	for (unsigned i = 0; i < ACCEPT_MAX && outcome == ACCEPTED; i++)
		outcome = accept_one(listener);
	return outcome;
}

static void on_connection(h2o_socket_t *sock, const char *err);

void listener_resume(struct listener *listener)
{
	if (!listener->is_paused || !listener->sock)
		return;
	listener->is_paused = false;
	timer_stop(&listener->retry);
	h2o_socket_read_start(listener->sock, on_connection);
}

static void on_retry(struct timer *timer)
{
	listener_resume(H2O_STRUCT_FROM_MEMBER(struct listener, retry, timer));
}

static void pause_for_now(struct listener *listener)
{
	h2o_socket_read_stop(listener->sock);
	listener->is_paused = true;
	timer_start(&listener->retry, &listener->retry_delay, on_retry);
}

static void complain_of_accept(struct listener *listener)
{
	uint64_t now_ms = h2o_now(listener->loop);

	if (now_ms - listener->warned_at_ms < WARN_INTERVAL_MS)
		return;
	log_warn("cannot accept connections for now",
		LOG_FIELDS(log_str("reason", strerror(errno))));
	listener->warned_at_ms = now_ms;
}

static void on_connection(h2o_socket_t *sock, const char *err)
{
	struct listener *listener = sock->data;
	enum outcome outcome = err ? QUEUE_EMPTY : accept_some(listener);

	if (outcome == FAILED)
		complain_of_accept(listener);
	if (outcome == FAILED || outcome == NO_ROOM)
		pause_for_now(listener);
}

void listener_start(struct listener *listener, h2o_loop_t *loop, int fd,
	void (*on_accept)(struct listener *listener, h2o_socket_t *sock))
{
	*listener = (struct listener){
		.sock = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ),
		.loop = loop,
		.on_accept = on_accept,
	};
	delay_init(&listener->retry_delay, loop, RETRY_DELAY_MS);
	delay_init(&listener->last_call_delay, loop, LAST_CALL_MS);
	listener->sock->data = listener;
	h2o_socket_read_start(listener->sock, on_connection);
}

/* Drops new SYNs: clients retry, and are refused once the socket is closed. @return whether the
 * filter is installed */
static bool drop_new_connections(int fd)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),		    /* the flags in TCP's header */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1), /* SYN: drop it */
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static void close_listener(struct listener *listener)
{
	if (!listener->sock)
		return;
	while (accept_some(listener) == ACCEPTED) {}
	timer_stop(&listener->retry);
	timer_stop(&listener->last_call);
	h2o_socket_read_stop(listener->sock);
	h2o_socket_close(listener->sock);
	listener->sock = NULL;
}

static void on_last_call(struct timer *timer)
{
	close_listener(H2O_STRUCT_FROM_MEMBER(struct listener, last_call, timer));
}

void listener_stop(struct listener *listener)
{
	if (drop_new_connections(h2o_socket_get_fd(listener->sock)))
		timer_start(&listener->last_call, &listener->last_call_delay, on_last_call);
	else
		close_listener(listener);
}

void listener_done(struct listener *listener)
{
	close_listener(listener);
	delay_done(&listener->retry_delay);
	delay_done(&listener->last_call_delay);
}
