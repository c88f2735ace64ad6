/* SPDX-License-Identifier: Apache-2.0 */
/* http_loop.c - one event loop that serves one or more ports and shuts down cleanly. */
#include "http_loop.h"

#include <errno.h>
#include <sys/resource.h>

/* Limits of the arrival of a request and of the idle time between two. */
#define REQUEST_TIMEOUT_MS 10000
/* While draining, idle connections may still send a request for so long: one may be on its way. */
#define IDLE_GRACE_MS 250

h2o_hostconf_t *http_conf_init(h2o_globalconf_t *conf, size_t body_max)
{
	h2o_config_init(conf);
	conf->server_name = (h2o_iovec_t){NULL, 0};
	conf->max_request_entity_size = body_max + 1; /* exclusive for chunks */
	conf->http1.req_timeout = REQUEST_TIMEOUT_MS;
	conf->http1.upgrade_to_http2 = 0;
	return h2o_config_register_host(conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
}

/* --- a port ------------------------------------------------------------------------------- */

static void on_accept(struct listener *listener, h2o_socket_t *sock)
{
	struct http_port *port = H2O_STRUCT_FROM_MEMBER(struct http_port, listener, listener);

	if (port->protocol)
		port->protocol->accept(port, sock);
	else
		http_peers_accept(&port->loop->peers, &port->accept, sock);
}

static bool has_room(struct listener *listener)
{
	struct http_port *port = H2O_STRUCT_FROM_MEMBER(struct http_port, listener, listener);

	return http_peers_have_room(&port->loop->peers);
}

static void on_room(struct http_peers *peers)
{
	struct http_loop *loop = H2O_STRUCT_FROM_MEMBER(struct http_loop, peers, peers);

	for (size_t i = 0; i < loop->n_ports; i++)
		listener_resume(&loop->ports[i].listener);
}

static void port_open(struct http_port *port, struct http_loop *loop)
{
	port->loop = loop;
	if (!port->protocol) {
		h2o_context_init(&port->ctx, loop->h2o, port->conf);
		port->accept = (h2o_accept_ctx_t){.ctx = &port->ctx, .hosts = port->conf->hosts};
	}
	listener_start(&port->listener, loop->h2o, port->fd, on_accept);
	if (!port->protocol)
		port->listener.has_room = has_room;
}

static void port_drain(struct http_port *port)
{
	if (port->protocol)
		port->protocol->drain(port);
	else
		compat_request_shutdown(&port->ctx); /* later answers have Connection: close */
	listener_stop(&port->listener);
}

static bool port_is_drained(const struct http_port *port)
{
	return port->protocol ? port->protocol->is_drained(port)
			      : compat_has_no_connections(&port->ctx);
}

static void port_close(struct http_port *port)
{
	listener_done(&port->listener);
	if (!port->protocol)
		compat_context_dispose(&port->ctx);
}

/* --- the loop ----------------------------------------------------------------------------- */

static void on_idle_grace(struct timer *timer)
{
	struct http_loop *loop = H2O_STRUCT_FROM_MEMBER(struct http_loop, idle_timer, timer);

	for (size_t i = 0; i < loop->n_ports; i++)
		if (!loop->ports[i].protocol)
			compat_close_idle(&loop->ports[i].ctx);
}

static void on_drain_timeout(struct timer *timer)
{
	H2O_STRUCT_FROM_MEMBER(struct http_loop, drain_timer, timer)->is_late = true;
}

static void on_shutdown(struct shutdown_watch *watch)
{
	struct http_loop *loop = H2O_STRUCT_FROM_MEMBER(struct http_loop, shutdown, watch);

	for (size_t i = 0; i < loop->n_ports; i++)
		port_drain(&loop->ports[i]);
	timer_start(&loop->idle_timer, &loop->idle_grace, on_idle_grace);
	timer_start(&loop->drain_timer, &loop->drain_timeout, on_drain_timeout);
}

int http_loop_open(struct http_loop *loop, struct http_port *ports, size_t n_ports,
	const struct http_limits *limits, unsigned drain_timeout_ms)
{
	*loop = (struct http_loop){.h2o = h2o_evloop_create(), .ports = ports, .n_ports = n_ports};
	int err = http_peers_init(&loop->peers, loop->h2o, limits, on_room);
	for (size_t i = 0; i < n_ports; i++)
		port_open(&ports[i], loop);
	delay_init(&loop->idle_grace, loop->h2o, IDLE_GRACE_MS);
	delay_init(&loop->drain_timeout, loop->h2o, drain_timeout_ms);
	return err ? err : shutdown_watch_start(&loop->shutdown, loop->h2o, on_shutdown);
}

bool http_loop_is_drained(const struct http_loop *loop)
{
	for (size_t i = 0; i < loop->n_ports; i++)
		if (!port_is_drained(&loop->ports[i]))
			return false;
	return true;
}

static bool is_done(const struct http_loop *loop)
{
	if (loop->is_late)
		return true;
	for (size_t i = 0; i < loop->n_ports; i++)
		if (loop->ports[i].listener.sock)
			return false;
	return http_loop_is_drained(loop);
}

int http_loop_run(struct http_loop *loop)
{
	int32_t wait_ms = INT32_MAX;

	while (!is_done(loop)) {
		if (h2o_evloop_run(loop->h2o, wait_ms) != 0 && errno != EINTR)
			return -errno;
		wait_ms = http_peers_turn(&loop->peers) ? 0 : INT32_MAX;
		if (loop->on_turn)
			loop->on_turn(loop);
	}
	return 0;
}

void http_loop_close(struct http_loop *loop)
{
	shutdown_watch_stop(&loop->shutdown);
	timer_stop(&loop->idle_timer);
	timer_stop(&loop->drain_timer);
	delay_done(&loop->idle_grace);
	delay_done(&loop->drain_timeout);
	http_peers_done(&loop->peers);
	for (size_t i = 0; i < loop->n_ports; i++)
		port_close(&loop->ports[i]);
	h2o_evloop_destroy(loop->h2o);
	compat_free_caches();
}

void http_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}
