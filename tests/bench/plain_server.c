/* SPDX-License-Identifier: Apache-2.0 */
/* plain_server.c - accepts connections as the services do. */
#include "plain_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "listener.h"

#define THREADS_MAX 64

static h2o_globalconf_t globalconf;

static void configure(int (*on_req)(h2o_handler_t *, h2o_req_t *), size_t body_max)
{
	h2o_config_init(&globalconf);
	globalconf.server_name = (h2o_iovec_t){NULL, 0};
	globalconf.max_request_entity_size = body_max;
	globalconf.http1.upgrade_to_http2 = 0;
	h2o_hostconf_t *host =
		h2o_config_register_host(&globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
	h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = on_req;
}

struct worker {
	h2o_context_t ctx;
	h2o_accept_ctx_t accept;
	struct listener listener;
};

static void on_accept(struct listener *listener, h2o_socket_t *sock)
{
	struct worker *worker = H2O_STRUCT_FROM_MEMBER(struct worker, listener, listener);
	compat_accept(&worker->accept, sock);
}

static void *run(void *fd)
{
	struct worker worker;

	h2o_context_init(&worker.ctx, h2o_evloop_create(), &globalconf);
	worker.accept = (h2o_accept_ctx_t){.ctx = &worker.ctx, .hosts = globalconf.hosts};
	listener_start(&worker.listener, worker.ctx.loop, *(int *)fd, on_accept);
	while (h2o_evloop_run(worker.ctx.loop, INT32_MAX) == 0 || errno == EINTR) {}
	perror("the event loop failed");
	exit(EXIT_FAILURE);
}

int plain_serve(unsigned port, unsigned n_threads, int (*on_req)(h2o_handler_t *, h2o_req_t *),
	size_t body_max)
{
	static int fds[THREADS_MAX];
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	configure(on_req, body_max);
	if (n_threads < 1 || n_threads > THREADS_MAX ||
		listen_on("127.0.0.1", "PORT", port, n_threads, fds, &port) != 0)
		return EXIT_FAILURE;
	for (unsigned i = 1; i < n_threads; i++)
		if (pthread_create(&thread, NULL, run, &fds[i]) != 0)
			return EXIT_FAILURE;
	run(&fds[0]);
	return EXIT_FAILURE; /* not reached */
}

void plain_answer(h2o_req_t *req, int status, const char *type, const char *body, size_t len)
{
	req->res.status = status;
	req->res.reason = status == 200 ? "OK" : "Not OK";
	req->res.content_length = len;
	h2o_add_header(
		&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, type, strlen(type));
	h2o_send_inline(req, body, len);
}
