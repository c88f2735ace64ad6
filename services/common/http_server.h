/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h - an HTTP/1.1 server: an event loop per thread, routes, graceful shutdown.
 *
 * Each thread has its own listening socket on the same port (SO_REUSEPORT), its own libh2o context
 * and its own program state: threads share nothing while they serve.
 *
 * Every service has GET /healthz and GET /readyz; /readyz answers 503 while draining.
 */
#ifndef SERVICES_HTTP_SERVER_H
#define SERVICES_HTTP_SERVER_H

#include "h2o_compat.h"
#include "http_limits.h"
#include "service_config.h"

struct http_route {
	/* Matched exactly; one that ends with "/" matches "/path/" and one more segment, without "/". A
	 * longer path is to come before one that it begins with. */
	const char *path;
	const char *method; /* "GET" (then HEAD as well), "POST" or "PUT"; others get 405 */
	/* Answers now (http_answer.h) or creates work that answers later (http_work.h). */
	void (*handle)(h2o_req_t *req);
};

struct http_service {
	const struct http_route *routes;
	size_t n_routes;
	/* Creates a thread's state, on that thread; 0, or -Exxx, which ends the program. */
	int (*start)(h2o_loop_t *loop, void *user, void **ret_state);
	/* Frees it, after the last answer. */
	void (*stop)(void *state);
	void *user;
	struct http_cost cost; /* of a request in flight */
};

/**
 * Serves until SIGTERM or SIGINT: then stops accepting, finishes the requests, closes.
 *
 * @param service, config  borrowed for the call
 * @return the exit status: 0; 1 when it cannot listen, or when requests were still unanswered after
 *         config->drain_timeout_ms
 *
 * Call it once, on the main thread: it installs signal handlers. A second signal ends the process
 * at once.
 */
int http_serve(const struct http_service *service, const struct config *config);

/** The state that start() created for the thread that serves req; borrowed. */
void *http_state(const h2o_req_t *req);

#endif
