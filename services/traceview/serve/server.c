/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - one event loop with two ports.
 *
 * One thread is enough: a request is parsed and stored at some hundred megabytes a second.  While
 * it is, the other port waits; the limits on bodies and answers keep that short.
 */
#include "serve/server.h"

#include "http_answer.h"
#include "listener.h"
#include "log.h"
#include "serve/receive.h"
#include "shutdown.h"
#include "serve/ui.h"
#include "serve/uploads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUEST_TIMEOUT_MS 10000 /* for a request to arrive whole, and between two */
#define REPORT_INTERVAL_MS 60000
#define IDLE_GRACE_MS 100     /* after a signal, for a request that is on its way */
#define DRAIN_TIMEOUT_MS 5000 /* after it, for answers that are being sent */
#define QUERY_BODY_MAX 65536  /* of requests that are to have none */

/* Bodies that are arriving: one of the largest fits, and all together take no more. */
#define UPLOADS_MAX_BYTES (RECEIVE_BODY_MAX + (size_t)64 * 1024)
#define UPLOADS_LOOK_MS 10	       /* how often they are added up while they are few */
#define UPLOAD_TURN_BYTES (512 * 1024) /* what one connection may bring in a turn of the loop */

/* A port with what answers it. */
struct site {
	h2o_globalconf_t globalconf;
	h2o_context_t ctx;
	struct listener listener;
	int fd; /* taken by listener */
	unsigned port;
};

struct server {
	struct site otlp, ui;
	struct receiver receiver;
	struct shutdown_watch shutdown;
	struct delay report_delay, idle_grace, drain_timeout;
	struct timer report_timer, idle_timer, drain_timer;
	struct store_stats reported;
	uint64_t n_refused_reported;
	uint64_t uploads_looked_at_ms; /* the loop's time */
	size_t uploads_bytes;	       /* then */
	bool is_stopping, is_late;
};

/* Answers whatever comes in at a port. */
struct site_handler {
	h2o_handler_t super;
	struct server *server;
};

static int on_otlp(h2o_handler_t *self, h2o_req_t *req)
{
	receive(&((struct site_handler *)self)->server->receiver, req);
	return 0;
}

static int on_ui(h2o_handler_t *self, h2o_req_t *req)
{
	ui_answer(req, ((struct site_handler *)self)->server->receiver.store);
	return 0;
}

static void configure(struct server *server, h2o_globalconf_t *conf, size_t body_max,
	int (*on_req)(h2o_handler_t *self, h2o_req_t *req))
{
	h2o_config_init(conf);
	conf->server_name = (h2o_iovec_t){NULL, 0};
	conf->max_request_entity_size = body_max + 1; /* h2o counts chunks up to it */
	conf->http1.req_timeout = REQUEST_TIMEOUT_MS;
	conf->http1.upgrade_to_http2 = 0;
	h2o_hostconf_t *host =
		h2o_config_register_host(conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
	struct site_handler *handler =
		(struct site_handler *)h2o_create_handler(path, sizeof(*handler));
	handler->super.on_req = on_req;
	handler->server = server;
	http_answer_own_errors(&host->fallback_path);
}

/* --- what is said about the store --------------------------------------------------------------
 */

static void report(struct server *server)
{
	struct receiver *receiver = &server->receiver;
	struct store_stats now = store_stats(receiver->store), *then = &server->reported;
	uint64_t n_refused = receiver->n_refused - server->n_refused_reported;
	uint64_t n_new = now.n_received - then->n_received;
	uint64_t n_rejected = now.n_rejected - then->n_rejected;
	uint64_t n_evicted = now.n_evicted_spans - then->n_evicted_spans;
	if (n_new || n_rejected || n_evicted) {
		log_info("spans", LOG_FIELDS(log_int("received", (int64_t)n_new),
					  log_int("rejected", (int64_t)n_rejected),
					  log_int("evicted", (int64_t)n_evicted),
					  log_int("traces", (int64_t)now.n_traces),
					  log_int("spans", (int64_t)now.n_spans),
					  log_int("bytes", (int64_t)now.bytes)));
	}
	if (n_refused) {
		log_warn("requests refused", LOG_FIELDS(log_int("requests", (int64_t)n_refused),
						     log_str("last_reason", receiver->why)));
	}
	server->reported = now;
	server->n_refused_reported = receiver->n_refused;
}

static void on_report(struct timer *timer)
{
	struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, report_timer, timer);
	report(server);
	timer_start(timer, &server->report_delay, on_report);
}

/* --- bodies that are arriving ------------------------------------------------------------------
 */

static void bound_uploads(struct server *server, h2o_loop_t *loop)
{
	uint64_t now_ms = h2o_now(loop);
	if (server->uploads_bytes < UPLOADS_MAX_BYTES / 8 &&
		now_ms - server->uploads_looked_at_ms < UPLOADS_LOOK_MS) {
		return;
	}
	server->uploads_looked_at_ms = now_ms;
	unsigned n = uploads_bound(&server->otlp.ctx, UPLOADS_MAX_BYTES, &server->uploads_bytes);
	if (n) {
		server->receiver.n_refused += n;
		snprintf(server->receiver.why, sizeof(server->receiver.why),
			"unfinished uploads took more than %zu MiB together",
			RECEIVE_BODY_MAX >> 20);
	}
}

/* --- stopping ----------------------------------------------------------------------------------
 */

static void on_idle_grace(struct timer *timer)
{
	struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, idle_timer, timer);
	compat_close_idle(&server->otlp.ctx);
	compat_close_idle(&server->ui.ctx);
}

static void on_drain_timeout(struct timer *timer)
{
	H2O_STRUCT_FROM_MEMBER(struct server, drain_timer, timer)->is_late = true;
}

static void on_shutdown(struct shutdown_watch *watch)
{
	struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, shutdown, watch);
	server->is_stopping = true;
	compat_request_shutdown(&server->otlp.ctx); /* every later answer says: close */
	compat_request_shutdown(&server->ui.ctx);
	listener_stop(&server->otlp.listener);
	listener_stop(&server->ui.listener);
	timer_start(&server->idle_timer, &server->idle_grace, on_idle_grace);
	timer_start(&server->drain_timer, &server->drain_timeout, on_drain_timeout);
}

static bool is_done(const struct server *server)
{
	return server->is_late ||
	       (server->is_stopping && compat_has_no_connections(&server->otlp.ctx) &&
		       compat_has_no_connections(&server->ui.ctx));
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static int open_site(struct site *site, const char *host, const char *setting, unsigned port)
{
	return listen_on(host, setting, port, 1, &site->fd, &site->port);
}

static void start_site(struct site *site, h2o_loop_t *loop)
{
	h2o_context_init(&site->ctx, loop, &site->globalconf);
	listener_start(&site->listener, &site->ctx, site->fd);
}

static int start(struct server *server, h2o_loop_t *loop)
{
	configure(server, &server->otlp.globalconf, RECEIVE_BODY_MAX, on_otlp);
	configure(server, &server->ui.globalconf, QUERY_BODY_MAX, on_ui);
	/* A connection's buffer in the kernel is what it can bring in a turn. */
	int receive_bytes = UPLOAD_TURN_BYTES;
	setsockopt(server->otlp.fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
	start_site(&server->otlp, loop);
	start_site(&server->ui, loop);
	delay_init(&server->report_delay, loop, REPORT_INTERVAL_MS);
	delay_init(&server->idle_grace, loop, IDLE_GRACE_MS);
	delay_init(&server->drain_timeout, loop, DRAIN_TIMEOUT_MS);
	timer_start(&server->report_timer, &server->report_delay, on_report);
	return shutdown_watch_start(&server->shutdown, loop, on_shutdown);
}

/* Connections whose clients take too long keep their memory until the process ends. */
static void stop(struct server *server, h2o_loop_t *loop)
{
	if (server->is_late) {
		return;
	}
	timer_stop(&server->report_timer);
	timer_stop(&server->idle_timer);
	timer_stop(&server->drain_timer);
	delay_done(&server->report_delay);
	delay_done(&server->idle_grace);
	delay_done(&server->drain_timeout);
	shutdown_watch_stop(&server->shutdown);
	listener_done(&server->otlp.listener);
	listener_done(&server->ui.listener);
	compat_context_dispose(&server->otlp.ctx);
	compat_context_dispose(&server->ui.ctx);
	h2o_config_dispose(&server->otlp.globalconf);
	h2o_config_dispose(&server->ui.globalconf);
	h2o_evloop_destroy(loop);
}

int server_run(const struct server_options *options)
{
	static struct server server; /* in sight of leak checkers, whatever is late */
	server.receiver.store = options->store;
	if (shutdown_init() != 0 ||
		open_site(&server.otlp, options->host, "TRACEVIEW_OTLP_PORT", options->otlp_port) ||
		open_site(&server.ui, options->host, "TRACEVIEW_UI_PORT", options->ui_port)) {
		return EXIT_FAILURE;
	}
	/* Large bodies stay in memory: h2o would put them into files below /tmp, which may be
	 * read-only. */
	h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
	h2o_loop_t *loop = h2o_evloop_create();
	int error = start(&server, loop);
	if (error) {
		log_error("cannot start", LOG_FIELDS(log_str("reason", strerror(-error))));
		return EXIT_FAILURE;
	}
	log_info("listening",
		LOG_FIELDS(log_str("host", options->host), log_int("otlp_port", server.otlp.port),
			log_int("ui_port", server.ui.port)));
	while (!is_done(&server)) {
		if (h2o_evloop_run(loop, INT32_MAX) != 0 && errno != EINTR) {
			log_error("the event loop failed",
				LOG_FIELDS(log_str("reason", strerror(errno))));
			return EXIT_FAILURE;
		}
		bound_uploads(&server, loop);
	}
	report(&server);
	log_info("stopped", LOG_NO_FIELDS);
	stop(&server, loop);
	return EXIT_SUCCESS;
}
