/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_compat_2_3.c - libh2o 2.3. */
#include "h2o_compat.h"

#include <stdatomic.h>

/* --- timers ------------------------------------------------------------------------------- */

void delay_init(struct delay *delay, h2o_loop_t *loop, uint64_t ms)
{
	delay->loop = loop;
	delay->ms = ms;
}

void delay_set(struct delay *delay, uint64_t ms)
{
	delay->ms = ms;
}

void delay_done(struct delay *delay)
{
	delay->loop = NULL;
}

static void on_entry(h2o_timer_t *entry)
{
	struct timer *timer = H2O_STRUCT_FROM_MEMBER(struct timer, entry, entry);
	timer->on_fire(timer);
}

void timer_start(struct timer *timer, struct delay *delay, void (*on_fire)(struct timer *timer))
{
	timer->on_fire = on_fire;
	h2o_timer_init(&timer->entry, on_entry);
	/* The loop's clock counts whole milliseconds: add one, so as never to be early. */
	h2o_timer_link(delay->loop, delay->ms ? delay->ms + 1 : 0, &timer->entry);
}

void timer_stop(struct timer *timer)
{
	h2o_timer_unlink(&timer->entry);
}

/* --- connections -------------------------------------------------------------------------- */

/* 2.3 has no call that returns a connection's socket without giving up the connection. Its HTTP/1
 * connections (struct st_h2o_http1_conn_t in lib/http1.c) begin with these two members;
 * compat_accept() verifies that. */
struct http1_conn {
	h2o_conn_t super;
	h2o_socket_t *sock;
};

/* Of the last connection accepted by any thread; the result is the same for all. */
static atomic_bool conn_is_known;

void compat_accept(h2o_accept_ctx_t *accept, h2o_socket_t *sock)
{
	h2o_accept(accept, sock);
	const struct http1_conn *conn = sock->data;
	atomic_store_explicit(&conn_is_known, conn && conn->sock == sock, memory_order_relaxed);
}

h2o_socket_t *compat_socket(h2o_req_t *req)
{
	if (!atomic_load_explicit(&conn_is_known, memory_order_relaxed))
		return NULL;
	return ((struct http1_conn *)req->conn)->sock;
}

bool compat_has_no_connections(const h2o_context_t *ctx)
{
	return ctx->_conns.num_conns.idle + ctx->_conns.num_conns.active +
		       ctx->_conns.num_conns.shutdown ==
	       0;
}

void compat_request_shutdown(h2o_context_t *ctx)
{
	h2o_context_request_shutdown(ctx);
}

static int note_begun(h2o_req_t *req, void *ret_has_begun)
{
	*(bool *)ret_has_begun |= req->timestamps.request_begin_at.tv_sec != 0;
	return 0;
}

void compat_close_idle(h2o_context_t *ctx)
{
	h2o_context_close_idle_connections(ctx, SIZE_MAX, 0);
	/* Connections that never had a request count as active. */
	H2O_CONN_LIST_FOREACH(h2o_conn_t * conn, ({&ctx->_conns.active}), {
		bool has_begun = false; /* a byte of a request has been parsed */
		conn->callbacks->foreach_request(conn, note_begun, &has_begun);
		if (!has_begun)
			conn->callbacks->close_idle_connection(conn);
	});
}

void compat_context_dispose(h2o_context_t *ctx)
{
	h2o_context_dispose(ctx);
}

void compat_free_caches(void)
{
	h2o_cleanup_thread(0, NULL);
}

void compat_free_buffers(void)
{
	h2o_buffer_clear_recycle(1);
}

/* --- uploads ------------------------------------------------------------------------------ */

static int note_upload(h2o_req_t *req, void *user)
{
	struct compat_uploads *uploads = user;
	h2o_socket_t *sock = compat_socket(req);
	if (!sock)
		return 0;
	/* The body's bytes are not in the socket's buffer any more. */
	size_t n_bytes = sock->input->size + req->req_body_bytes_received;
	if (n_bytes)
		uploads->on_upload(uploads, sock, n_bytes);
	return 0;
}

void compat_each_upload(h2o_context_t *ctx, struct compat_uploads *uploads)
{
	H2O_CONN_LIST_FOREACH(h2o_conn_t * conn, ({&ctx->_conns.active}),
		{ conn->callbacks->foreach_request(conn, note_upload, uploads); });
}

/* --- pipelines ---------------------------------------------------------------------------- */

size_t compat_request_end(h2o_req_t *req, h2o_socket_t *sock, bool has_body, size_t head_len)
{
	return has_body ? 0 : head_len; /* a request with a body has left the input */
}

void compat_shrink_input(h2o_req_t *req, h2o_socket_t *sock)
{
	/* 2.3 keeps freed buffers by size, and a body in one that only it knows. */
}

/* --- memory and output -------------------------------------------------------------------- */

char *compat_alloc_text(h2o_req_t *req, size_t n_bytes)
{
	return h2o_mem_alloc_pool(&req->pool, char, n_bytes);
}

void *compat_add_ostream(h2o_req_t *req, size_t size, h2o_ostream_t **slot)
{
	return h2o_add_ostream(req, H2O_ALIGNOF(h2o_ostream_t), size, slot);
}

compat_vec_t compat_vec(const char *ptr, size_t len)
{
	compat_vec_t vec;
	h2o_sendvec_init_raw(&vec, ptr, len);
	return vec;
}

const char *compat_vec_ptr(const compat_vec_t *vec)
{
	return vec->raw;
}
