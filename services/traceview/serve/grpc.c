/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.c - the sockets of the gRPC port, on the loop that serves the others. */
#include "serve/grpc.h"

#include "serve/grpc_session.h"

#include <errno.h>
#include <stdlib.h>

#define WRITE_BUFFER_MAX_BYTES ((size_t)1024 * 1024) /* ample: answers are small */
#define TICK_MS 1000				     /* between two checks for timeouts */
#define SILENT_TIMEOUT_MS 10000 /* until the first byte; for a write to make progress */
#define IDLE_TIMEOUT_MS 300000	/* without a call; metrics SDKs send once a minute */

#define TLS_HANDSHAKE                                                                              \
	22 /* the first byte of TLS; https://www.rfc-editor.org/rfc/rfc8446#appendix-B.1 */

struct conn {
	struct grpc *grpc;
	struct conn *next, **link; /* of grpc's */
	h2o_socket_t *sock;
	struct grpc_session *session;
	struct buffer out;  /* being written unless empty */
	uint64_t active_ms; /* the loop's time of the last read or start of a write */
	bool has_begun;	    /* a byte was read */
	bool is_drained;    /* GOAWAY was sent */
	bool is_foreign;    /* not HTTP/2: its input is ignored */
};

struct grpc {
	struct receiver *receiver;
	struct conn *conns;
	size_t upload_bytes;
	bool is_draining;
	h2o_loop_t *loop;
	struct delay tick_delay;
	struct timer tick;
	bool is_ticking;
};

static void close_conn(struct conn *conn)
{
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	h2o_socket_close(conn->sock);
	grpc_session_free(conn->session);
	buffer_done(&conn->out);
	free(conn);
}

static void write_out(struct conn *conn);

static void on_written(h2o_socket_t *sock, const char *err)
{
	struct conn *conn = sock->data;
	conn->out.len = 0;
	if (err)
		close_conn(conn);
	else if (conn->is_foreign)
		shutdown(h2o_socket_get_fd(sock), SHUT_WR); /* the client closes */
	else
		write_out(conn);
}

static void start_write(struct conn *conn)
{
	h2o_iovec_t vec = {conn->out.data, conn->out.len};
	conn->active_ms = h2o_now(conn->grpc->loop);
	h2o_socket_write(conn->sock, &vec, 1, on_written);
}

/* Writes pending output, or closes the connection when it is done. */
static void write_out(struct conn *conn)
{
	if (conn->out.len || conn->is_foreign) /* on_written() continues */
		return;
	if (grpc_session_write(conn->session, &conn->out))
		close_conn(conn);
	else if (conn->out.len)
		start_write(conn);
	else if (grpc_session_is_done(conn->session) ||
		 (conn->is_drained && !grpc_session_is_busy(conn->session)))
		close_conn(conn);
}

/* Reports a client that does not speak HTTP/2: an OTLP/HTTP exporter with the wrong port, say, or
 * one that uses TLS. */
static void tell_foreign(struct conn *conn, bool is_tls)
{
	static const char answer[] =
		"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
		"this port speaks gRPC; OTLP over HTTP has a port of its own, 4318 by default\n";
	receiver_refused(conn->grpc->receiver,
		is_tls ? "a client speaks TLS to the gRPC port, which has none: set its "
			 "OTEL_EXPORTER_OTLP_INSECURE=true, or http:// in its endpoint"
		       : "a client of the gRPC port does not speak HTTP/2");
	bool is_writing = conn->out.len != 0;
	conn->is_foreign = true;
	if (!is_writing) /* otherwise SETTINGS are being sent, which it does not understand */
		buffer_put(&conn->out, answer, sizeof(answer) - 1);
	if (conn->out.failed)
		close_conn(conn);
	else if (!is_writing)
		start_write(conn);
}

static void on_read(h2o_socket_t *sock, const char *err)
{
	struct conn *conn = sock->data;
	if (err) {
		close_conn(conn);
		return;
	}
	int result = 0;
	bool is_tls = sock->input->size && sock->input->bytes[0] == TLS_HANDSHAKE;
	conn->active_ms = h2o_now(conn->grpc->loop);
	conn->has_begun = true;
	if (!conn->is_foreign) {
		struct lt_slice bytes = {sock->input->bytes, sock->input->size};
		result = grpc_session_read(conn->session, bytes, conn->active_ms);
	}
	h2o_buffer_consume(&sock->input, sock->input->size);
	if (result == -EPROTONOSUPPORT)
		tell_foreign(conn, is_tls);
	else if (result)
		close_conn(conn);
	else
		write_out(conn);
}

static void drain(struct conn *conn)
{
	if (!conn->is_drained) {
		conn->is_drained = true;
		grpc_session_drain(conn->session);
	}
	if (conn->is_foreign)
		close_conn(conn);
	else
		write_out(conn);
}

/* --- time --------------------------------------------------------------------------------- */

static void look_after(struct conn *conn, uint64_t now_ms)
{
	uint64_t still_ms = now_ms - conn->active_ms;
	bool is_stuck = !conn->has_begun || conn->is_foreign || conn->out.len;
	if (is_stuck && still_ms >= SILENT_TIMEOUT_MS) {
		close_conn(conn);
		return;
	}
	if (!conn->has_begun)
		return;
	grpc_session_expire(conn->session, now_ms);
	if (!grpc_session_is_busy(conn->session) && still_ms >= IDLE_TIMEOUT_MS)
		drain(conn);
	else
		write_out(conn);
}

static void on_tick(struct timer *timer)
{
	struct grpc *grpc = H2O_STRUCT_FROM_MEMBER(struct grpc, tick, timer);
	uint64_t now_ms = h2o_now(grpc->loop);
	for (struct conn *conn = grpc->conns, *next; conn; conn = next) {
		next = conn->next;
		look_after(conn, now_ms);
	}
	grpc->is_ticking = grpc->conns != NULL;
	if (grpc->is_ticking)
		timer_start(timer, &grpc->tick_delay, on_tick);
}

static void start_ticking(struct grpc *grpc, h2o_loop_t *loop)
{
	if (!grpc->loop) {
		grpc->loop = loop;
		delay_init(&grpc->tick_delay, loop, TICK_MS);
	}
	if (!grpc->is_ticking) {
		grpc->is_ticking = true;
		timer_start(&grpc->tick, &grpc->tick_delay, on_tick);
	}
}

/* --- the port ----------------------------------------------------------------------------- */

static void accept_conn(struct http_port *port, h2o_socket_t *sock)
{
	struct grpc *grpc = port->server;
	struct conn *conn = calloc(1, sizeof(*conn));
	if (!conn || grpc_session_new(grpc->receiver, &grpc->upload_bytes, &conn->session)) {
		free(conn);
		h2o_socket_close(sock);
		return;
	}
	start_ticking(grpc, port->listener.loop);
	conn->grpc = grpc;
	conn->sock = sock;
	conn->active_ms = h2o_now(grpc->loop);
	conn->next = grpc->conns;
	conn->link = &grpc->conns;
	if (conn->next)
		conn->next->link = &conn->next;
	grpc->conns = conn;
	buffer_init(&conn->out, WRITE_BUFFER_MAX_BYTES);
	sock->data = conn;
	h2o_socket_read_start(sock, on_read);
	if (grpc->is_draining)
		drain(conn);
}

static void drain_port(struct http_port *port)
{
	struct grpc *grpc = port->server;
	grpc->is_draining = true;
	for (struct conn *conn = grpc->conns, *next; conn; conn = next) {
		next = conn->next;
		drain(conn);
	}
}

static bool is_drained(const struct http_port *port)
{
	return !((const struct grpc *)port->server)->conns;
}

const struct http_protocol grpc_protocol = {accept_conn, drain_port, is_drained};

int grpc_new(struct receiver *receiver, struct grpc **ret_grpc)
{
	struct grpc *grpc = calloc(1, sizeof(*grpc));
	if (!grpc)
		return -ENOMEM;
	grpc->receiver = receiver;
	*ret_grpc = grpc;
	return 0;
}

void grpc_free(struct grpc *grpc)
{
	if (!grpc)
		return;
	if (grpc->loop) {
		timer_stop(&grpc->tick);
		delay_done(&grpc->tick_delay);
	}
	free(grpc);
}

/* --- unfinished messages ------------------------------------------------------------------ */

size_t grpc_upload_bytes(const struct grpc *grpc)
{
	return grpc ? grpc->upload_bytes : 0;
}

static struct conn *largest_of(const struct grpc *grpc, size_t *ret_bytes)
{
	struct conn *largest = NULL;
	*ret_bytes = 0;
	for (struct conn *conn = grpc ? grpc->conns : NULL; conn; conn = conn->next) {
		size_t bytes = grpc_session_largest(conn->session);
		if (bytes > *ret_bytes) {
			*ret_bytes = bytes;
			largest = conn;
		}
	}
	return largest;
}

size_t grpc_largest_upload(const struct grpc *grpc)
{
	size_t bytes;
	largest_of(grpc, &bytes);
	return bytes;
}

void grpc_refuse_largest(struct grpc *grpc, const char *why)
{
	size_t bytes;
	struct conn *conn = largest_of(grpc, &bytes);
	if (conn) {
		grpc_session_refuse_largest(conn->session, why);
		write_out(conn);
	}
}
