/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.c - see http_server.h. */
#include "http_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http_answer.h"
#include "listener.h"
#include "log.h"
#include "shutdown.h"

/* For a request to arrive whole, and for a connection to be idle between two. */
#define REQUEST_TIMEOUT_MS 10000
/* While draining, idle connections may still bring a request for so long: one may be on its way. */
#define IDLE_GRACE_MS 250

struct server {
	const struct http_service *service;
	const struct config *config;
	h2o_globalconf_t globalconf;
};

/* One event loop and its thread. */
struct worker {
	struct server *server;
	h2o_context_t ctx;
	int fd; /* listens; taken by the listener */
	struct listener listener;
	struct shutdown_watch shutdown;
	struct delay idle_grace, drain_timeout;
	struct timer idle_timer, drain_timer;
	bool is_late; /* the drain timeout has passed */
	bool has_failed;
	void *state; /* the service's */
	uint64_t n_requests;
	pthread_t thread;
};

static struct worker *worker_of(const h2o_req_t *req)
{
	return H2O_STRUCT_FROM_MEMBER(struct worker, ctx, req->conn->ctx);
}

void *http_state(const h2o_req_t *req)
{
	return worker_of(req)->state;
}

/* --- routes ------------------------------------------------------------------------------- */

struct route_handler {
	h2o_handler_t super;
	const struct http_route *route;
};

static void answer_healthz(h2o_req_t *req)
{
	http_answer(req, 200, H2O_STRLIT("{\"status\":\"ok\"}"));
}

static void answer_readyz(h2o_req_t *req)
{
	if (req->conn->ctx->shutdown_requested)
		http_error(req, 503, "draining", "the service is about to stop");
	else
		http_answer(req, 200, H2O_STRLIT("{\"status\":\"ready\"}"));
}

static const struct http_route common_routes[] = {
	{"/healthz", "GET", answer_healthz},
	{"/readyz", "GET", answer_readyz},
};

static int on_unknown_path(h2o_handler_t *self, h2o_req_t *req)
{
	http_error(req, 404, "not_found", "there is nothing at this path");
	return 0;
}

static bool is_method(const h2o_req_t *req, const char *method)
{
	return h2o_memis(req->method.base, req->method.len, method, strlen(method));
}

static int on_route(h2o_handler_t *self, h2o_req_t *req)
{
	const struct http_route *route = ((struct route_handler *)self)->route;
	bool is_get = strcmp(route->method, "GET") == 0;

	/* h2o has matched "/path" and also "/path/more". */
	if (req->path_normalized.len != strlen(route->path)) {
		h2o_req_bind_conf(req, req->hostconf, &req->hostconf->fallback_path);
		return on_unknown_path(self, req);
	}
	if (is_method(req, route->method) || (is_get && is_method(req, "HEAD"))) {
		worker_of(req)->n_requests++;
		route->handle(req);
		return 0;
	}
	const char *allow = is_get ? "GET, HEAD" : route->method;
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("allow"), 1, NULL, allow, strlen(allow));
	http_errorf(req, 405, "method_not_allowed", "this path allows %s only", allow);
	return 0;
}

static void add_routes(h2o_hostconf_t *host, const struct http_route *routes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		h2o_pathconf_t *path = h2o_config_register_path(host, routes[i].path, 0);
		h2o_handler_t *handler = h2o_create_handler(path, sizeof(struct route_handler));
		handler->on_req = on_route;
		((struct route_handler *)handler)->route = &routes[i];
		/* libh2o 2.3 binds a request to it before it may refuse the body. */
		http_answer_own_errors(path);
	}
}

static void configure(struct server *server)
{
	h2o_globalconf_t *globalconf = &server->globalconf;

	h2o_config_init(globalconf);
	globalconf->server_name = (h2o_iovec_t){NULL, 0};
	globalconf->max_request_entity_size = HTTP_BODY_MAX + 1; /* h2o counts chunks up to it */
	globalconf->http1.req_timeout = REQUEST_TIMEOUT_MS;
	globalconf->http1.upgrade_to_http2 = 0;

	h2o_hostconf_t *host =
		h2o_config_register_host(globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	add_routes(host, server->service->routes, server->service->n_routes);
	add_routes(host, common_routes, sizeof common_routes / sizeof common_routes[0]);
	/* Whatever is no route has no path either: not "/", which would look like one. */
	h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = on_unknown_path;
	http_answer_own_errors(&host->fallback_path);
}

/* --- one loop ----------------------------------------------------------------------------- */

static void on_idle_grace(struct timer *timer)
{
	struct worker *worker = H2O_STRUCT_FROM_MEMBER(struct worker, idle_timer, timer);
	compat_close_idle(&worker->ctx);
}

static void on_drain_timeout(struct timer *timer)
{
	struct worker *worker = H2O_STRUCT_FROM_MEMBER(struct worker, drain_timer, timer);
	worker->is_late = true;
}

static void on_shutdown(struct shutdown_watch *watch)
{
	struct worker *worker = H2O_STRUCT_FROM_MEMBER(struct worker, shutdown, watch);

	compat_request_shutdown(&worker->ctx);
	listener_stop(&worker->listener);
	timer_start(&worker->idle_timer, &worker->idle_grace, on_idle_grace);
	timer_start(&worker->drain_timer, &worker->drain_timeout, on_drain_timeout);
}

/* @return 0 or -Exxx; worker_close() is due in either case */
static int worker_open(struct worker *worker)
{
	struct server *server = worker->server;
	h2o_loop_t *loop = h2o_evloop_create();

	h2o_context_init(&worker->ctx, loop, &server->globalconf);
	delay_init(&worker->idle_grace, loop, IDLE_GRACE_MS);
	delay_init(&worker->drain_timeout, loop, server->config->drain_timeout_ms);
	listener_start(&worker->listener, &worker->ctx, worker->fd);
	int error = shutdown_watch_start(&worker->shutdown, loop, on_shutdown);
	if (!error)
		error = server->service->start(loop, server->service->user, &worker->state);
	return error;
}

static void worker_close(struct worker *worker)
{
	h2o_loop_t *loop = worker->ctx.loop;

	if (worker->state)
		worker->server->service->stop(worker->state);
	shutdown_watch_stop(&worker->shutdown);
	listener_done(&worker->listener);
	timer_stop(&worker->idle_timer);
	timer_stop(&worker->drain_timer);
	delay_done(&worker->idle_grace);
	delay_done(&worker->drain_timeout);
	compat_context_dispose(&worker->ctx);
	h2o_evloop_destroy(loop);
	compat_thread_done();
}

static bool is_drained(const struct worker *worker)
{
	return worker->ctx.shutdown_requested && !worker->listener.sock &&
	       compat_has_no_connections(&worker->ctx);
}

static void serve(struct worker *worker)
{
	h2o_context_t *ctx = &worker->ctx;

	while (!worker->is_late && !is_drained(worker)) {
		if (h2o_evloop_run(ctx->loop, INT32_MAX) == 0 || errno == EINTR)
			continue;
		log_error("the event loop failed", LOG_FIELDS(log_str("reason", strerror(errno))));
		worker->has_failed = true;
		return;
	}
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;
	int error = worker_open(worker);

	if (error) {
		log_error("cannot start", LOG_FIELDS(log_str("reason", strerror(-error))));
		worker->has_failed = true;
	} else {
		serve(worker);
	}
	if (worker->has_failed)
		shutdown_request(); /* the other threads as well */
	/* With answers missing, what they use is left to the end of the process. */
	if (compat_has_no_connections(&worker->ctx))
		worker_close(worker);
	return NULL;
}

/* --- the whole ---------------------------------------------------------------------------- */

/* A connection takes one descriptor, or two where it is handed on. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Runs the first worker on this thread. @return how many of n could be started */
static size_t run_workers(struct worker *workers, size_t n)
{
	size_t n_started = 1;

	for (; n_started < n; n_started++) {
		struct worker *worker = &workers[n_started];
		int error = pthread_create(&worker->thread, NULL, worker_run, worker);
		if (error) {
			log_error("cannot start a thread: set THREADS to fewer",
				LOG_FIELDS(log_str("reason", strerror(error))));
			workers[0].has_failed = true;
			shutdown_request();
			break;
		}
	}
	worker_run(&workers[0]);
	for (size_t i = 1; i < n_started; i++)
		pthread_join(workers[i].thread, NULL);
	return n_started;
}

static int report_end(const struct worker *workers, size_t n)
{
	uint64_t n_requests = 0;
	bool is_late = false, has_failed = false;

	for (size_t i = 0; i < n; i++) {
		n_requests += workers[i].n_requests;
		is_late |= workers[i].is_late;
		has_failed |= workers[i].has_failed;
	}
	if (is_late)
		log_error("stopped before all was answered: DRAIN_TIMEOUT_MS has passed",
			LOG_FIELDS(log_int("requests", (int64_t)n_requests)));
	else
		log_info("stopped", LOG_FIELDS(log_int("requests", (int64_t)n_requests)));
	return is_late || has_failed;
}

int http_serve(const struct http_service *service, const struct config *config)
{
	/* Static: what a late worker leaves behind stays in sight of leak checkers. */
	static struct server server;
	static struct worker *workers;
	size_t n = config->n_threads;
	int *fds = calloc(n, sizeof *fds);
	unsigned port;

	raise_descriptor_limit();
	workers = calloc(n, sizeof *workers);
	if (!workers || !fds || shutdown_init() != 0 ||
		listen_on(config->host, "PORT", config->port, n, fds, &port) != 0) {
		free(fds);
		free(workers);
		return EXIT_FAILURE;
	}
	server.service = service;
	server.config = config;
	configure(&server);
	for (size_t i = 0; i < n; i++)
		workers[i] = (struct worker){.server = &server, .fd = fds[i]};
	free(fds);
	log_info("listening", LOG_FIELDS(log_str("host", config->host), log_int("port", port),
				      log_int("threads", (int64_t)n)));
	size_t n_started = run_workers(workers, n);
	for (size_t i = n_started; i < n; i++)
		close(workers[i].fd);
	int status = report_end(workers, n);
	if (status == EXIT_SUCCESS) {
		h2o_config_dispose(&server.globalconf);
		free(workers);
	}
	return status;
}
