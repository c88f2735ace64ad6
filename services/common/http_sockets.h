/* SPDX-License-Identifier: Apache-2.0 */
/* http_sockets.h - another library's descriptors, curl's or libpq's: an epoll of their own on the h2o loop.
 *
 * curl stops waiting for a connection between two calls and resumes with the next. The connection
 * stays registered meanwhile, which saves two system calls per call.
 */
#ifndef SERVICES_HTTP_SOCKETS_H
#define SERVICES_HTTP_SOCKETS_H

#include "h2o_compat.h"

struct http_socket {
	uint32_t wanted;     /* epoll events; 0: none */
	uint32_t registered; /* with the epoll; 0: not registered */
	bool is_connection;  /* came from http_sockets_open() */
	void *owner;	     /* passed to on_ready */
};

struct http_sockets {
	int epoll_fd; /* closed by sock */
	h2o_socket_t *sock;
	struct http_socket *table; /* by descriptor; grows up to RLIMIT_NOFILE */
	size_t n_table;
	void (*on_ready)(void *owner, int fd, uint32_t events);
	void (*on_done)(void *user); /* after all ready descriptors were handled; may be NULL */
	void *user;
};

/** @return 0 or -Exxx; http_sockets_stop() accepts either result, and all zero */
int http_sockets_start(struct http_sockets *sockets, h2o_loop_t *loop,
	void (*on_ready)(void *owner, int fd, uint32_t events), void (*on_done)(void *user),
	void *user);
void http_sockets_stop(struct http_sockets *sockets);

/** Sets the epoll events that owner waits for; 0: none. @return 0 or -Exxx */
int http_sockets_want(struct http_sockets *sockets, int fd, uint32_t events, void *owner);

/** Handles ready descriptors now, as the loop does later. */
void http_sockets_poll(struct http_sockets *sockets);

/** Opens a connection's socket, non-blocking. @return descriptor or -Exxx */
int http_sockets_open(struct http_sockets *sockets, int family, int type, int protocol);

/** Closes what http_sockets_open() returned. */
void http_sockets_close(struct http_sockets *sockets, int fd);

#endif
