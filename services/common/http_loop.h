/* SPDX-License-Identifier: Apache-2.0 */
/* http_loop.h - one event loop that serves one or more ports and shuts down cleanly.
 *
 * Threads: a loop belongs to the thread that opens it; the signal of shutdown.h reaches all loops.
 */
#ifndef SERVICES_HTTP_LOOP_H
#define SERVICES_HTTP_LOOP_H

#include "h2o_compat.h"
#include "http_peers.h"
#include "listener.h"
#include "shutdown.h"

struct http_port;

/* Serves the connections of a port with another protocol than HTTP/1.1. */
struct http_protocol {
	void (*accept)(struct http_port *port, h2o_socket_t *sock); /* takes sock */
	/* Admits no new requests; connections close once theirs are answered. */
	void (*drain)(struct http_port *port);
	bool (*is_drained)(const struct http_port *port); /* no client is connected */
};

/* A port of one loop. */
struct http_port {
	h2o_globalconf_t *conf; /* borrowed; of http_conf_init(); NULL: see protocol */
	const struct http_protocol *protocol; /* NULL: HTTP/1.1 by libh2o */
	void *server;			      /* the protocol's */
	int fd;				      /* listening; taken when the loop is opened */
	h2o_context_t ctx;
	h2o_accept_ctx_t accept;
	struct listener listener;
	struct http_loop *loop;
};

struct http_loop {
	h2o_loop_t *h2o;
	struct http_port *ports; /* borrowed */
	size_t n_ports;
	/* Called between two turns of the loop; may be NULL. */
	void (*on_turn)(struct http_loop *loop);
	struct http_peers peers; /* of HTTP/1.1 */
	bool is_late;		 /* the drain timeout has passed with requests unanswered */

	struct shutdown_watch shutdown;
	struct delay idle_grace, drain_timeout;
	struct timer idle_timer, drain_timer;
};

/** Initialises a configuration for HTTP/1.1 with the timeouts of our services.
 * @param body_max  limit of a request's body in bytes; h2o answers 413 beyond it
 * @return the host that takes every request; borrowed from conf, which h2o_config_dispose() ends */
h2o_hostconf_t *http_conf_init(h2o_globalconf_t *conf, size_t body_max);

/** Opens a loop and its ports on this thread.
 * @param limits  of this loop
 * @param drain_timeout_ms  limit of the wait for unfinished answers after a signal
 * @return 0 or -Exxx; call http_loop_close() in either case */
int http_loop_open(struct http_loop *loop, struct http_port *ports, size_t n_ports,
	const struct http_limits *limits, unsigned drain_timeout_ms);

/** Serves until a signal, then until all requests are answered or the loop is late. @return 0 or
 * -Exxx */
int http_loop_run(struct http_loop *loop);

/** Whether no client is connected. Otherwise their memory must be kept until the process ends. */
bool http_loop_is_drained(const struct http_loop *loop);

/** Frees a drained loop. The program's own objects on it must be gone. */
void http_loop_close(struct http_loop *loop);

/** Raises the soft limit of open files to the hard one: a connection takes one descriptor, or two
 * where the service calls another one. */
void http_raise_descriptor_limit(void);

#endif
