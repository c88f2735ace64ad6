/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_compat.h - hides the differences between libh2o 2.2.5 (Debian, Ubuntu) and 2.3 (nixpkgs).
 *
 * Mainly timers: 2.2.5 has one list of timers per delay, 2.3 one timer wheel. A timer here is
 * started with a `struct delay`, which is that list in 2.2.5 and a number in 2.3. What differs is
 * in h2o_compat_2_2.c and h2o_compat_2_3.c, of which one is compiled. No other file in services/
 * depends on the version.
 *
 * Threads: a loop and all objects on it belong to one thread.
 */
#ifndef SERVICES_H2O_COMPAT_H
#define SERVICES_H2O_COMPAT_H

#include <h2o.h>
#include <h2o/version.h>
#include <stdbool.h>

#if H2O_LIBRARY_VERSION_MAJOR > 0 || H2O_LIBRARY_VERSION_MINOR > 13 /* 2.3 */
struct compat_timers {
	char unused; /* all timers of a loop are in its wheel */
};
typedef h2o_timer_t compat_timer_entry_t;
typedef h2o_sendvec_t compat_vec_t; /* of h2o_ostream_t.do_send() */
#else
struct compat_timers {
	h2o_timeout_t list;
};
typedef h2o_timeout_entry_t compat_timer_entry_t;
typedef h2o_iovec_t compat_vec_t;
#endif

/* --- timers ------------------------------------------------------------------------------- */

/* The delay of timers on one loop; initialised once, outlives its timers. */
struct delay {
	h2o_loop_t *loop;
	uint64_t ms;
	struct compat_timers timers;
};

/* Embedded in the object that waits; all zero is a timer that does not run. */
struct timer {
	compat_timer_entry_t entry;
	void (*on_fire)(struct timer *timer);
};

void delay_init(struct delay *delay, h2o_loop_t *loop, uint64_t ms);

/** Changes the delay; only while no timer of it runs. */
void delay_set(struct delay *delay, uint64_t ms);

/** Ends the delay; none of its timers may run or be firing. An all-zero delay is fine. */
void delay_done(struct delay *delay);

/**
 * Starts a timer that does not run: on_fire is called once, never early; with a delay of 0 in this
 * turn of the loop or the next, after pending events.
 */
void timer_start(struct timer *timer, struct delay *delay, void (*on_fire)(struct timer *timer));

/** Stops a timer; one that does not run is fine. */
void timer_stop(struct timer *timer);

/* --- connections -------------------------------------------------------------------------- */

/** Passes a new connection to h2o. */
void compat_accept(h2o_accept_ctx_t *accept, h2o_socket_t *sock);

/** The socket of a request's connection, borrowed; NULL: unknown. */
h2o_socket_t *compat_socket(h2o_req_t *req);

/** Whether no client is connected. */
bool compat_has_no_connections(const h2o_context_t *ctx);

/** Makes every later answer close its connection, and shutdown_requested true. */
void compat_request_shutdown(h2o_context_t *ctx);

/** Closes the connections without a request in progress. */
void compat_close_idle(h2o_context_t *ctx);

/** Disposes of a context without connections. */
void compat_context_dispose(h2o_context_t *ctx);

/** Frees h2o's caches of this thread where h2o allows it. */
void compat_free_caches(void);

/** Frees the buffers that this thread's connections no longer use. 2.2.5 does so by itself; 2.3 keeps
 * them, of each size as many as were ever in use at once. */
void compat_free_buffers(void);

/* --- uploads ------------------------------------------------------------------------------ */

/* Called for each connection that buffers bytes of requests. */
struct compat_uploads {
	void (*on_upload)(struct compat_uploads *uploads, h2o_socket_t *sock, size_t n_bytes);
};

/** Calls on_upload for every connection of the context that buffers bytes of requests, mostly of an
 * unfinished one. */
void compat_each_upload(h2o_context_t *ctx, struct compat_uploads *uploads);

/* --- pipelines ---------------------------------------------------------------------------- */

/**
 * Where a request ends in its connection's input, when its handler is called: bytes behind it are the
 * client's next requests.
 * @param head_len  bytes of its head
 */
size_t compat_request_end(h2o_req_t *req, h2o_socket_t *sock, bool has_body, size_t head_len);

/**
 * Moves what a pending request refers to in its connection's input into a buffer of just its size, and
 * frees the input. Its body is gone then.
 */
void compat_shrink_input(h2o_req_t *req, h2o_socket_t *sock);

/* --- memory and output -------------------------------------------------------------------- */

/** Memory for text that lives as long as the request. */
char *compat_alloc_text(h2o_req_t *req, size_t n_bytes);

/** Inserts a filter's stream before *slot: size bytes that begin with an h2o_ostream_t. */
void *compat_add_ostream(h2o_req_t *req, size_t size, h2o_ostream_t **slot);

/** A part of a response's body, borrowed, and the bytes of one that is in memory. */
compat_vec_t compat_vec(const char *ptr, size_t len);
const char *compat_vec_ptr(const compat_vec_t *vec);

#endif
