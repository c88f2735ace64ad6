/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_listen.h - for h2o_server.c: a libh2o server without tracing. */
#ifndef H2O_LISTEN_H
#define H2O_LISTEN_H

#define H2O_USE_LIBUV 0
#include <arpa/inet.h>
#include <h2o.h>
#include <stdbool.h>
#include <stdio.h>

static h2o_globalconf_t listen_conf;
static h2o_context_t listen_ctx;
static h2o_accept_ctx_t listen_accept;
static h2o_socket_t *listen_socket;

static void listen_on_accept(h2o_socket_t *listener, const char *err)
{
	if (!err)
		h2o_accept(&listen_accept, h2o_evloop_socket_accept(listener));
}

/* Serves one path on a port of 127.0.0.1, and prints "listening".  @return 0 or -1 */
static int listen_on(uint16_t port, const char *path, int (*on_req)(h2o_handler_t *, h2o_req_t *))
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, SOMAXCONN))
		return -1;
	h2o_config_init(&listen_conf);
	h2o_hostconf_t *host = h2o_config_register_host(
		&listen_conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	h2o_create_handler(h2o_config_register_path(host, path, 0), sizeof(h2o_handler_t))->on_req =
		on_req;
	h2o_context_init(&listen_ctx, h2o_evloop_create(), &listen_conf);
	listen_accept = (h2o_accept_ctx_t){.ctx = &listen_ctx, .hosts = listen_conf.hosts};
	listen_socket = h2o_evloop_socket_create(listen_ctx.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	h2o_socket_read_start(listen_socket, listen_on_accept);
	puts("listening");
	return fflush(stdout);
}

static void listen_until(const bool *is_over)
{
	while (!*is_over)
		h2o_evloop_run(listen_ctx.loop, INT32_MAX);
}

#endif
