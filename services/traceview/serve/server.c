/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - one event loop with all ports.
 *
 * One thread suffices: requests are parsed and stored at some hundred megabytes per second.
 * Meanwhile the other ports wait; the limits of bodies and answers bound that wait.
 */
#include "serve/server.h"

#include "http_answer.h"
#include "http_counts.h"
#include "http_loop.h"
#include "log.h"
#include "serve/away.h"
#include "serve/grpc.h"
#include "serve/receive.h"
#include "serve/ui.h"
#include "serve/uploads.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define REPORT_INTERVAL_MS 60000
#define DRAIN_TIMEOUT_MS 5000	   /* after a signal, for unfinished answers */
#define QUERY_BODY_MAX_BYTES 65536 /* of requests that need no body */

#define UPLOADS_LOOK_MS 10	       /* between two sums of their sizes while they are small */
#define UPLOADS_SMALL_SHARE 8	       /* of the limit: one in so many */
#define UPLOAD_TURN_BYTES (128 * 1024) /* received from one connection per turn of the loop */

#define LARGE_BLOCK_BYTES (4 * 1024 * 1024)

/* An answer of some size, while its client takes it. */
static const struct http_cost request_cost = {.descriptors = 1, .bytes = 256 * 1024};

enum { PORT_OTLP, PORT_UI, PORT_GRPC, N_PORTS };

struct server {
	h2o_globalconf_t confs[PORT_GRPC]; /* of those that speak HTTP/1.1 */
	struct http_port ports[N_PORTS];
	size_t n_ports;
	struct grpc *grpc; /* NULL: this build has none */
	struct http_loop loop;
	struct receiver receiver;
	struct stats_source stats;
	const struct site *site; /* borrowed */
	struct delay report_delay;
	struct timer report_timer;
	struct store_stats reported;
	uint64_t n_refused_reported, n_not_kept_reported;
	struct uploads uploads;
	size_t uploads_max_bytes;
	uint64_t uploads_looked_at_ms; /* the loop's time */
	size_t uploads_bytes;	       /* at that time */
};

/* Handles all requests of a port. */
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
	struct server *server = ((struct site_handler *)self)->server;
	ui_answer(req, server->site, &server->stats);
	return 0;
}

/* @return the host, which has what h2o's own errors look for */
static h2o_hostconf_t *configure(struct server *server, int port, size_t body_max,
	int (*on_req)(h2o_handler_t *self, h2o_req_t *req))
{
	h2o_hostconf_t *host = http_conf_init(&server->confs[port], body_max);
	h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
	http_peers_count(path);
	struct site_handler *handler =
		(struct site_handler *)h2o_create_handler(path, sizeof(*handler));
	handler->super.on_req = on_req;
	handler->server = server;
	server->ports[port].conf = &server->confs[port];
	return host;
}

/* --- logging of the store's counters ------------------------------------------------------ */

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
	uint64_t n_not_kept = receiver->n_not_kept - server->n_not_kept_reported;
	if (n_not_kept) {
		log_info("metrics and logs are answered, not kept",
			LOG_FIELDS(log_int("requests", (int64_t)n_not_kept)));
	}
	server->reported = now;
	server->n_not_kept_reported = receiver->n_not_kept;
	server->n_refused_reported = receiver->n_refused;
}

static void on_report(struct timer *timer)
{
	struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, report_timer, timer);
	report(server);
	compat_free_buffers();
	timer_start(timer, &server->report_delay, on_report);
}

/* --- unfinished bodies -------------------------------------------------------------------- */

static void bound_uploads(struct http_loop *loop)
{
	struct server *server = H2O_STRUCT_FROM_MEMBER(struct server, loop, loop);
	uint64_t now_ms = h2o_now(loop->h2o);
	size_t small_bytes = server->uploads_max_bytes / UPLOADS_SMALL_SHARE;
	if (server->uploads_bytes < small_bytes && grpc_upload_bytes(server->grpc) < small_bytes &&
		now_ms - server->uploads_looked_at_ms < UPLOADS_LOOK_MS)
		return;
	server->uploads_looked_at_ms = now_ms;
	bool were_large = server->uploads_bytes >= small_bytes;
	unsigned n = uploads_bound(&server->uploads, &server->ports[PORT_OTLP].ctx, server->grpc,
		server->uploads_max_bytes, &server->uploads_bytes);
	while (n-- > 0)
		receiver_refused(&server->receiver, uploads_why);
	if (were_large || server->uploads_bytes >= small_bytes)
		compat_free_buffers(); /* a body leaves one behind each time its buffer doubles */
}

/* --- the server --------------------------------------------------------------------------- */

/* The socket's receive buffer bounds what a connection delivers per turn of the loop. */
static void bound_turn(const struct http_port *port)
{
	int receive_bytes = UPLOAD_TURN_BYTES;
	setsockopt(port->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
}

static int start(struct server *server, struct http_limits limits)
{
	http_limits_share(&limits, &request_cost, 1);
	http_peers_bound(&limits, server->ports[PORT_OTLP].fd);
	http_peers_bound(&limits, server->ports[PORT_UI].fd);
	h2o_hostconf_t *host = configure(server, PORT_OTLP, RECEIVE_BODY_MAX_BYTES, on_otlp);
	http_answer_own_errors_as(&host->fallback_path, &receive_own_errors);
	host = configure(server, PORT_UI, QUERY_BODY_MAX_BYTES, on_ui);
	http_answer_own_errors(&host->fallback_path);
	bound_turn(&server->ports[PORT_OTLP]);
	if (server->grpc) {
		server->ports[PORT_GRPC].protocol = &grpc_protocol;
		server->ports[PORT_GRPC].server = server->grpc;
		bound_turn(&server->ports[PORT_GRPC]);
	}
	int err = http_loop_open(
		&server->loop, server->ports, server->n_ports, &limits, DRAIN_TIMEOUT_MS);
	server->loop.on_turn = bound_uploads;
	delay_init(&server->report_delay, server->loop.h2o, REPORT_INTERVAL_MS);
	timer_start(&server->report_timer, &server->report_delay, on_report);
	return err;
}

/* Connections that outlast the drain timeout keep their memory until the process ends. */
static void stop(struct server *server)
{
	if (!http_loop_is_drained(&server->loop))
		return;
	timer_stop(&server->report_timer);
	delay_done(&server->report_delay);
	grpc_free(server->grpc);
	uploads_done(&server->uploads);
	http_loop_close(&server->loop);
	h2o_config_dispose(&server->confs[PORT_OTLP]);
	h2o_config_dispose(&server->confs[PORT_UI]);
}

/* @return 0, or -Exxx after it has been logged */
static int listen_all(struct server *server, const struct server_options *options)
{
	const struct {
		const char *setting;
		unsigned number;
		const char *name; /* in the log */
	} ports[N_PORTS] = {
		[PORT_OTLP] = {"TRACEVIEW_OTLP_PORT", options->otlp_port, "otlp_port"},
		[PORT_UI] = {"TRACEVIEW_UI_PORT", options->ui_port, "ui_port"},
		[PORT_GRPC] = {"TRACEVIEW_GRPC_PORT", options->grpc_port, "grpc_port"},
	};
	struct log_field fields[1 + N_PORTS] = {log_str("host", options->host)};
	unsigned numbers[N_PORTS] = {0};
	for (size_t i = 0; i < server->n_ports; i++) {
		int err = listen_on(options->host, ports[i].setting, ports[i].number, 1,
			&server->ports[i].fd, &numbers[i]);
		if (err)
			return err;
		fields[1 + i] = log_int(ports[i].name, numbers[i]);
	}
	server->stats = (struct stats_source){
		&server->receiver, numbers[PORT_OTLP], numbers[PORT_GRPC], options->site->send_url};
	server->site = options->site;
	log_info("listening", fields, 1 + server->n_ports);
	return 0;
}

int server_run(const struct server_options *options)
{
	static struct server server; /* in sight of leak checkers, whatever is late */
	/* Blocks of at least that size are given back as soon as they are freed. By itself glibc
	 * raises this after the first large body and then keeps what large ones leave; usual
	 * bodies must stay below, and below what is trimmed, or each costs its pages again. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
	mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BLOCK_BYTES);
	server.receiver.store = options->store;
	if (options->site->has_faults)
		away_add(&server.receiver);
	server.uploads_max_bytes = options->uploads_max_bytes;
	http_raise_descriptor_limit();
	int err = grpc_new(&server.receiver, &server.grpc);
	server.n_ports = err ? PORT_GRPC : N_PORTS;
	if ((err && err != -ENOTSUP) || shutdown_init() != 0 || listen_all(&server, options))
		return EXIT_FAILURE;
	/* Keeps large bodies in memory: h2o would put them into files in /tmp, which may be
	 * read-only. */
	h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
	err = start(&server, options->limits);
	if (err) {
		log_error("cannot start", LOG_FIELDS(log_str("reason", strerror(-err))));
		return EXIT_FAILURE;
	}
	err = http_loop_run(&server.loop);
	if (err) {
		log_error("the event loop failed", LOG_FIELDS(log_str("reason", strerror(-err))));
		return EXIT_FAILURE;
	}
	report(&server);
	http_counts_report(UINT64_MAX);
	log_info("stopped", LOG_NO_FIELDS);
	stop(&server);
	return EXIT_SUCCESS;
}
