/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h - an HTTP/1.1 server: an event loop per thread, routes, and a clean end.
 *
 * Each thread has its own listening socket on the same port (SO_REUSEPORT), its own libh2o context
 * and its own state of the program, so threads share nothing while they serve.
 *
 * GET /healthz and GET /readyz are there in every service; /readyz answers 503 while draining.
 */
#ifndef SERVICES_HTTP_SERVER_H
#define SERVICES_HTTP_SERVER_H

#include "config.h"
#include "h2o_compat.h"

struct http_route {
	const char *path;   /* matched as a whole */
	const char *method; /* "GET" (then HEAD as well) or "POST"; another is answered with 405 */
	/* Answers now (http_answer.h) or makes work that answers later (http_work.h). */
	void (*handle)(h2o_req_t *req);
};

struct http_service {
	const struct http_route *routes;
	size_t n_routes;
	/* Makes a thread's state, on that thread; 0, or -Exxx, which ends the program. */
	int (*start)(h2o_loop_t *loop, void *user, void **ret_state);
	/* Frees it, after the last answer. */
	void (*stop)(void *state);
	void *user;
};

/**
 * Serves until SIGTERM or SIGINT: then stops accepting, answers what was asked, closes.
 *
 * @param service, config  borrowed for the call
 * @return what the program is to exit with: 0; 1 when it cannot listen, or when answers were still
 *         missing after config->drain_timeout_ms
 *
 * Once in a process, by the main thread: it installs signal handlers.  A second signal ends the
 * process at once.
 */
int http_serve(const struct http_service *service, const struct config *config);

/** The state that start() made for the thread that serves req; borrowed. */
void *http_state(const h2o_req_t *req);

#endif
