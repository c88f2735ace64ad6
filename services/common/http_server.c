/* SPDX-License-Identifier: Apache-2.0 */
#include "http_server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_answer.h"
#include "http_counts.h"
#include "http_loop.h"
#include "log.h"

struct server {
	const struct http_service *service;
	const struct config *config;
	struct http_limits limits; /* of one loop */
	h2o_globalconf_t globalconf;
};

/* One event loop and its thread. */
struct worker {
	struct server *server;
	struct http_port port;
	struct http_loop loop;
	bool has_failed;
	void *state; /* the service's own */
	uint64_t n_requests;
	pthread_t thread;
};

static struct worker *worker_of(const h2o_req_t *req)
{
	return H2O_STRUCT_FROM_MEMBER(struct worker, port.ctx, req->conn->ctx);
}

void *http_state(const h2o_req_t *req)
{
	return worker_of(req)->state;
}

/* --- routes ------------------------------------------------------------------------------- */

struct route_handler {
	h2o_handler_t super;
	const struct http_route *route;
	bool is_shed; /* under overload */
};

static void answer_healthz(h2o_req_t *req)
{
	http_answer(req, 200, H2O_STRLIT("{\"status\":\"ok\"}"));
}

/* Health checks are answered under any load. */
static void answer_readyz(h2o_req_t *req)
{
	if (req->conn->ctx->shutdown_requested)
		http_error(req, 503, "draining", "the service is shutting down");
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

/* h2o matches "/path/more" as well as "/path". */
static bool is_path(const h2o_req_t *req, const char *path)
{
	h2o_iovec_t actual = req->path_normalized;
	size_t len = strlen(path);

	if (path[len - 1] != '/')
		return actual.len == len;
	return actual.len > len && !memchr(actual.base + len, '/', actual.len - len);
}

static void serve(struct route_handler *handler, h2o_req_t *req)
{
	worker_of(req)->n_requests++;
	if (handler->is_shed && http_peers_shed(req))
		http_answer_busy(req, "too many requests are in flight");
	else
		handler->route->handle(req);
}

static int on_route(h2o_handler_t *self, h2o_req_t *req)
{
	struct route_handler *handler = (struct route_handler *)self;
	const struct http_route *route = handler->route;
	bool is_get = strcmp(route->method, "GET") == 0;

	if (!is_path(req, route->path)) {
		h2o_req_bind_conf(req, req->hostconf, &req->hostconf->fallback_path);
		return on_unknown_path(self, req);
	}
	if (is_method(req, route->method) || (is_get && is_method(req, "HEAD"))) {
		serve(handler, req);
		return 0;
	}
	const char *allow = is_get ? "GET, HEAD" : route->method;
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("allow"), 1, NULL, allow, strlen(allow));
	http_errorf(req, 405, "method_not_allowed", "this path allows %s only", allow);
	return 0;
}

static void add_routes(
	h2o_hostconf_t *host, const struct http_route *routes, size_t n, bool is_shed)
{
	for (size_t i = 0; i < n; i++) {
		h2o_pathconf_t *path = h2o_config_register_path(host, routes[i].path, 0);
		http_peers_count(path);
		struct route_handler *handler =
			(struct route_handler *)h2o_create_handler(path, sizeof(*handler));
		handler->super.on_req = on_route;
		handler->route = &routes[i];
		handler->is_shed = is_shed;
		/* libh2o 2.3 selects the path before it refuses a body. */
		http_answer_own_errors(path);
	}
}

static void configure(struct server *server)
{
	h2o_hostconf_t *host = http_conf_init(&server->globalconf, HTTP_BODY_MAX_BYTES);

	add_routes(host, server->service->routes, server->service->n_routes, true);
	add_routes(host, common_routes, sizeof(common_routes) / sizeof(common_routes[0]), false);
	/* Unknown paths get the fallback, not "/", which would appear as a route. */
	http_peers_count(&host->fallback_path);
	h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = on_unknown_path;
	http_answer_own_errors(&host->fallback_path);
}

/* --- one loop ----------------------------------------------------------------------------- */

static int worker_serve(struct worker *worker)
{
	const struct http_service *service = worker->server->service;
	int err = http_loop_open(&worker->loop, &worker->port, 1, &worker->server->limits,
		worker->server->config->drain_timeout_ms);

	if (!err)
		err = service->start(worker->loop.h2o, service->user, &worker->state);
	if (err) {
		log_error("cannot start", LOG_FIELDS(log_str("reason", strerror(-err))));
		return err;
	}
	err = http_loop_run(&worker->loop);
	if (err)
		log_error("the event loop failed", LOG_FIELDS(log_str("reason", strerror(-err))));
	return err;
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;

	worker->has_failed = worker_serve(worker) != 0;
	if (worker->has_failed)
		shutdown_request(); /* stops the other threads as well */
	/* Unfinished answers keep their memory until the process ends. */
	if (http_loop_is_drained(&worker->loop)) {
		if (worker->state)
			worker->server->service->stop(worker->state);
		http_loop_close(&worker->loop);
	}
	return NULL;
}

/* --- the server --------------------------------------------------------------------------- */

/* Runs the first worker on this thread. @return how many of n were started */
static size_t run_workers(struct worker *workers, size_t n)
{
	size_t n_started = 1;

	for (; n_started < n; n_started++) {
		struct worker *worker = &workers[n_started];
		int err = pthread_create(&worker->thread, NULL, worker_run, worker);
		if (err) {
			log_error("cannot start a thread: set THREADS to fewer",
				LOG_FIELDS(log_str("reason", strerror(err))));
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
		is_late |= workers[i].loop.is_late;
		has_failed |= workers[i].has_failed;
	}
	http_counts_report(UINT64_MAX);
	if (is_late)
		log_error("stopped with requests unanswered: DRAIN_TIMEOUT_MS has passed",
			LOG_FIELDS(log_int("requests", (int64_t)n_requests)));
	else
		log_info("stopped", LOG_FIELDS(log_int("requests", (int64_t)n_requests)));
	return is_late || has_failed;
}

int http_serve(const struct http_service *service, const struct config *config)
{
	/* Static: what a late worker keeps stays reachable for leak checkers. */
	static struct server server;
	static struct worker *workers;
	size_t n = config->n_threads;
	int *fds = calloc(n, sizeof(*fds));
	unsigned port;

	http_raise_descriptor_limit();
	workers = calloc(n, sizeof(*workers));
	if (!workers || !fds || shutdown_init() != 0 ||
		listen_on(config->host, "PORT", config->port, n, fds, &port) != 0) {
		free(fds);
		free(workers);
		return EXIT_FAILURE;
	}
	server.service = service;
	server.config = config;
	configure(&server);
	server.limits = config->limits;
	http_limits_share(&server.limits, &service->cost, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		http_peers_bound(&server.limits, fds[i]);
	for (size_t i = 0; i < n; i++)
		workers[i] = (struct worker){
			.server = &server, .port = {.conf = &server.globalconf, .fd = fds[i]}};
	free(fds);
	log_info("listening",
		LOG_FIELDS(log_str("host", config->host), log_int("port", port),
			log_int("threads", (int64_t)n),
			log_int("requests_max", (int64_t)(server.limits.requests_max * n)),
			log_int("connections_max", (int64_t)(server.limits.connections_max * n))));
	size_t n_started = run_workers(workers, n);
	for (size_t i = n_started; i < n; i++)
		close(workers[i].port.fd);
	int status = report_end(workers, n);
	if (status == EXIT_SUCCESS) {
		h2o_config_dispose(&server.globalconf);
		free(workers);
	}
	return status;
}
