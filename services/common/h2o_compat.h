/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_compat.h - hides the differences between libh2o 2.2.5 (Debian, Ubuntu) and 2.3 (nixpkgs).
 *
 * Mainly timers: 2.2.5 has one list of timers per delay, 2.3 one timer wheel. A timer here is
 * started with a `struct delay`, which is that list in 2.2.5 and a number in 2.3. No other file in
 * services/ depends on the version.
 *
 * Threads: a loop and all objects on it belong to one thread.
 */
#ifndef SERVICES_H2O_COMPAT_H
#define SERVICES_H2O_COMPAT_H

#include <errno.h>
#include <h2o.h>
#include <h2o/version.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define COMPAT_TIMER_WHEEL (H2O_LIBRARY_VERSION_MAJOR > 0 || H2O_LIBRARY_VERSION_MINOR > 13)

/* --- timers ------------------------------------------------------------------------------- */

/* The delay of timers on one loop; initialised once, outlives its timers. */
struct delay {
	h2o_loop_t *loop;
	uint64_t ms;
#if !COMPAT_TIMER_WHEEL
	h2o_timeout_t list;
#endif
};

/* Embedded in the object that waits; all zero is a timer that does not run. */
struct timer {
#if COMPAT_TIMER_WHEEL
	h2o_timer_t entry;
#else
	h2o_timeout_entry_t entry;
#endif
	void (*on_fire)(struct timer *timer);
};

static inline void delay_init(struct delay *delay, h2o_loop_t *loop, uint64_t ms)
{
	delay->loop = loop;
	delay->ms = ms;
#if !COMPAT_TIMER_WHEEL
	h2o_timeout_init(loop, &delay->list, ms);
#endif
}

/** Changes the delay; only while no timer of it runs. */
static inline void delay_set(struct delay *delay, uint64_t ms)
{
	delay->ms = ms;
#if !COMPAT_TIMER_WHEEL
	delay->list.timeout = ms;
#endif
}

/** Ends the delay; none of its timers may run or be firing. An all-zero delay is fine. */
static inline void delay_done(struct delay *delay)
{
#if !COMPAT_TIMER_WHEEL
	if (delay->loop)
		h2o_timeout_dispose(delay->loop, &delay->list);
#endif
	delay->loop = NULL;
}

#if COMPAT_TIMER_WHEEL
static inline void timer_on_entry(h2o_timer_t *entry)
#else
static inline void timer_on_entry(h2o_timeout_entry_t *entry)
#endif
{
	struct timer *timer = H2O_STRUCT_FROM_MEMBER(struct timer, entry, entry);
	timer->on_fire(timer);
}

/**
 * Starts a timer that does not run: on_fire is called once, never early; with a delay of 0 in this
 * turn of the loop or the next, after pending events.
 */
static inline void timer_start(
	struct timer *timer, struct delay *delay, void (*on_fire)(struct timer *timer))
{
	timer->on_fire = on_fire;
#if COMPAT_TIMER_WHEEL
	h2o_timer_init(&timer->entry, timer_on_entry);
	/* The loop's clock counts whole milliseconds: add one, so as never to be early. */
	h2o_timer_link(delay->loop, delay->ms ? delay->ms + 1 : 0, &timer->entry);
#else
	timer->entry.cb = timer_on_entry;
	h2o_timeout_link(delay->loop, &delay->list, &timer->entry);
	if (delay->ms > 0 && !H2O_USE_LIBUV) { /* libuv has a clock of its own */
		/* The loop's time is that of the start of this turn, rounded down: add the
		 * difference to now, rounded up. */
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now); /* as h2o's update_now() */
		timer->entry.registered_at =
			(uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec + 999999) / 1000000;
	}
#endif
}

/** Stops a timer; one that does not run is fine. */
static inline void timer_stop(struct timer *timer)
{
#if COMPAT_TIMER_WHEEL
	h2o_timer_unlink(&timer->entry);
#else
	h2o_timeout_unlink(&timer->entry);
#endif
}

/* --- connections -------------------------------------------------------------------------- */

/** Whether no client is connected. */
static inline bool compat_has_no_connections(const h2o_context_t *ctx)
{
#if COMPAT_TIMER_WHEEL
	return ctx->_conns.num_conns.idle + ctx->_conns.num_conns.active +
		       ctx->_conns.num_conns.shutdown ==
	       0;
#else
	return ctx->http1._conns.next == &ctx->http1._conns;
#endif
}

/** Makes every later answer close its connection, and shutdown_requested true. */
static inline void compat_request_shutdown(h2o_context_t *ctx)
{
#if COMPAT_TIMER_WHEEL
	h2o_context_request_shutdown(ctx);
#else
	/* h2o_context_request_shutdown() would also start a timer for HTTP/2, which is not used
	 * here, and a context with that timer running cannot be disposed of. */
	ctx->shutdown_requested = 1;
#endif
}

/* Whether a byte of a request has been parsed. */
static inline bool compat_has_begun(const h2o_req_t *req)
{
	return req->timestamps.request_begin_at.tv_sec != 0;
}

#if COMPAT_TIMER_WHEEL
static inline int compat_note_begun(h2o_req_t *req, void *ret_has_begun)
{
	*(bool *)ret_has_begun |= compat_has_begun(req);
	return 0;
}
#else
static inline int compat_close_if_idle(h2o_req_t *req, void *unused)
{
	/* End of input makes h2o close the connection, after answering requests that have arrived
	 * meanwhile. */
	if (!compat_has_begun(req)) {
		h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);
		shutdown(h2o_socket_get_fd(sock), SHUT_RD);
	}
	return 0;
}
#endif

/** Closes the connections without a request in progress. */
static inline void compat_close_idle(h2o_context_t *ctx)
{
#if COMPAT_TIMER_WHEEL
	h2o_context_close_idle_connections(ctx, SIZE_MAX, 0);
	/* Connections that never had a request count as active. */
	H2O_CONN_LIST_FOREACH(h2o_conn_t * conn, ({&ctx->_conns.active}), {
		bool has_begun = false;
		conn->callbacks->foreach_request(conn, compat_note_begun, &has_begun);
		if (!has_begun)
			conn->callbacks->close_idle_connection(conn);
	});
#else
	ctx->globalconf->http1.callbacks.foreach_request(ctx, compat_close_if_idle, NULL);
#endif
}

/** Disposes of a context without connections. */
static inline void compat_context_dispose(h2o_context_t *ctx)
{
#if COMPAT_TIMER_WHEEL
	h2o_context_dispose(ctx);
#else
	h2o_multithread_queue_t *queue = ctx->queue;
	h2o_context_dispose(ctx);
	free(queue); /* h2o_multithread_destroy_queue() does not */
#endif
}

/** Frees h2o's per-thread caches where h2o allows it. */
static inline void compat_thread_done(void)
{
#if COMPAT_TIMER_WHEEL
	h2o_cleanup_thread(0, NULL);
#endif
}

/* --- watching the client of a pending request --------------------------------------------- */

/* While a request is pending h2o does not read its connection. A watch does, so that work for a
 * disconnected client can be cancelled. The socket's data pointer belongs to h2o and is
 * restored. */
struct watch {
	h2o_socket_t *sock; /* NULL: not watching */
	void *h2o_data;
	void (*on_gone)(struct watch *watch);
};

static inline void watch_stop(struct watch *watch)
{
	if (!watch->sock)
		return;
	h2o_socket_dont_read(watch->sock, 0);
	h2o_socket_read_stop(watch->sock);
	watch->sock->data = watch->h2o_data;
	watch->sock = NULL;
}

#if COMPAT_TIMER_WHEEL
/* 2.3 has no call that returns a connection's socket without giving up the connection. Its HTTP/1
 * connections (struct st_h2o_http1_conn_t in lib/http1.c) begin with these two members;
 * compat_accept() verifies that. */
struct compat_http1_conn {
	h2o_conn_t super;
	h2o_socket_t *sock;
};

/* Of the last connection accepted by any thread; the result is the same for all. */
extern atomic_bool compat_conn_is_known;
#endif

/** Passes a new connection to h2o. */
static inline void compat_accept(h2o_accept_ctx_t *accept, h2o_socket_t *sock)
{
	h2o_accept(accept, sock);
#if COMPAT_TIMER_WHEEL
	const struct compat_http1_conn *conn = sock->data;
	atomic_store_explicit(
		&compat_conn_is_known, conn && conn->sock == sock, memory_order_relaxed);
#endif
}

/* NULL: unknown */
static inline h2o_socket_t *compat_socket(h2o_req_t *req)
{
#if COMPAT_TIMER_WHEEL
	if (!atomic_load_explicit(&compat_conn_is_known, memory_order_relaxed))
		return NULL;
	return ((struct compat_http1_conn *)req->conn)->sock;
#else
	return req->conn->callbacks->get_socket(req->conn);
#endif
}

static inline void watch_on_readable(h2o_socket_t *sock, const char *err)
{
	struct watch *watch = sock->data;
	char byte;
	ssize_t n = recv(h2o_socket_get_fd(sock), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);

	/* Bytes belong to a pipelined request, which h2o reads later: the watch ends, as they would
	 * wake it in every turn. */
	if (gone || n > 0)
		watch_stop(watch);
	if (gone)
		watch->on_gone(watch);
}

/** Calls on_gone once when the client closes its side; never when the socket is unknown. */
static inline void watch_start(
	struct watch *watch, h2o_req_t *req, void (*on_gone)(struct watch *watch))
{
	watch->sock = compat_socket(req);
	if (!watch->sock)
		return;
	watch->on_gone = on_gone;
	watch->h2o_data = watch->sock->data;
	watch->sock->data = watch;
	h2o_socket_dont_read(watch->sock, 1);
	h2o_socket_read_start(watch->sock, watch_on_readable);
}

/* --- uploads ------------------------------------------------------------------------------ */

/* Called for each connection that buffers bytes of requests. */
struct compat_uploads {
	void (*on_upload)(struct compat_uploads *uploads, h2o_socket_t *sock, size_t n_bytes);
};

static inline int compat_note_upload(h2o_req_t *req, void *user)
{
	struct compat_uploads *uploads = user;
	h2o_socket_t *sock = compat_socket(req);
	if (!sock)
		return 0;
	size_t n_bytes = sock->input->size;
#if COMPAT_TIMER_WHEEL
	n_bytes += req->req_body_bytes_received; /* not in the socket's buffer any more */
#endif
	if (n_bytes)
		uploads->on_upload(uploads, sock, n_bytes);
	return 0;
}

/** Calls on_upload for every connection of the context that buffers bytes of requests, mostly of an
 * unfinished one. */
static inline void compat_each_upload(h2o_context_t *ctx, struct compat_uploads *uploads)
{
#if COMPAT_TIMER_WHEEL
	H2O_CONN_LIST_FOREACH(h2o_conn_t * conn, ({&ctx->_conns.active}),
		{ conn->callbacks->foreach_request(conn, compat_note_upload, uploads); });
#else
	ctx->globalconf->http1.callbacks.foreach_request(ctx, compat_note_upload, uploads);
#endif
}

/* --- memory and output -------------------------------------------------------------------- */

/** Memory for text that lives as long as the request. */
static inline char *compat_alloc_text(h2o_req_t *req, size_t n_bytes)
{
#if COMPAT_TIMER_WHEEL
	return h2o_mem_alloc_pool(&req->pool, char, n_bytes);
#else
	return h2o_mem_alloc_pool(&req->pool, n_bytes);
#endif
}

/** Inserts a filter's stream before *slot: size bytes that begin with an h2o_ostream_t. */
static inline void *compat_add_ostream(h2o_req_t *req, size_t size, h2o_ostream_t **slot)
{
#if COMPAT_TIMER_WHEEL
	return h2o_add_ostream(req, H2O_ALIGNOF(h2o_ostream_t), size, slot);
#else
	return h2o_add_ostream(req, size, slot);
#endif
}

/* The parameters of h2o_ostream_t.do_send(). */
#if COMPAT_TIMER_WHEEL
typedef h2o_sendvec_t compat_vec_t;

static inline compat_vec_t compat_vec(const char *ptr, size_t len)
{
	compat_vec_t vec;
	h2o_sendvec_init_raw(&vec, ptr, len);
	return vec;
}

static inline const char *compat_vec_ptr(const compat_vec_t *vec)
{
	return vec->raw;
}
#else
typedef h2o_iovec_t compat_vec_t;

static inline compat_vec_t compat_vec(const char *ptr, size_t len)
{
	return h2o_iovec_init(ptr, len);
}

static inline const char *compat_vec_ptr(const compat_vec_t *vec)
{
	return vec->base;
}
#endif

#endif
