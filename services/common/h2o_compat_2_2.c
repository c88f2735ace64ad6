/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_compat_2_2.c - libh2o 2.2.5. */
#include "h2o_compat.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* --- timers ------------------------------------------------------------------------------- */

void delay_init(struct delay *delay, h2o_loop_t *loop, uint64_t ms)
{
	delay->loop = loop;
	delay->ms = ms;
	h2o_timeout_init(loop, &delay->timers.list, ms);
}

void delay_set(struct delay *delay, uint64_t ms)
{
	delay->ms = ms;
	delay->timers.list.timeout = ms;
}

void delay_done(struct delay *delay)
{
	if (delay->loop)
		h2o_timeout_dispose(delay->loop, &delay->timers.list);
	delay->loop = NULL;
}

static void on_entry(h2o_timeout_entry_t *entry)
{
	struct timer *timer = H2O_STRUCT_FROM_MEMBER(struct timer, entry, entry);
	timer->on_fire(timer);
}

void timer_start(struct timer *timer, struct delay *delay, void (*on_fire)(struct timer *timer))
{
	timer->on_fire = on_fire;
	timer->entry.cb = on_entry;
	h2o_timeout_link(delay->loop, &delay->timers.list, &timer->entry);
	if (delay->ms > 0 && !H2O_USE_LIBUV) { /* libuv has a clock of its own */
		/* The loop's time is that of the start of this turn, rounded down: add the
		 * difference to now, rounded up. */
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now); /* as h2o's update_now() */
		timer->entry.registered_at =
			(uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec + 999999) / 1000000;
	}
}

void timer_stop(struct timer *timer)
{
	h2o_timeout_unlink(&timer->entry);
}

/* --- connections -------------------------------------------------------------------------- */

void compat_accept(h2o_accept_ctx_t *accept, h2o_socket_t *sock)
{
	h2o_accept(accept, sock);
}

h2o_socket_t *compat_socket(h2o_req_t *req)
{
	return req->conn->callbacks->get_socket(req->conn);
}

bool compat_has_no_connections(const h2o_context_t *ctx)
{
	return ctx->http1._conns.next == &ctx->http1._conns;
}

void compat_request_shutdown(h2o_context_t *ctx)
{
	/* h2o_context_request_shutdown() would also start a timer for HTTP/2, which is not used
	 * here, and a context with that timer running cannot be disposed of. */
	ctx->shutdown_requested = 1;
}

static int close_if_idle(h2o_req_t *req, void *unused)
{
	/* No byte of a request has been parsed. End of input makes h2o close the connection, after
	 * answering requests that have arrived meanwhile. */
	if (req->timestamps.request_begin_at.tv_sec == 0) {
		h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);
		shutdown(h2o_socket_get_fd(sock), SHUT_RD);
	}
	return 0;
}

void compat_close_idle(h2o_context_t *ctx)
{
	ctx->globalconf->http1.callbacks.foreach_request(ctx, close_if_idle, NULL);
}

void compat_context_dispose(h2o_context_t *ctx)
{
	h2o_multithread_queue_t *queue = ctx->queue;
	h2o_context_dispose(ctx);
	free(queue); /* h2o_multithread_destroy_queue() does not */
}

void compat_free_caches(void)
{
}

void compat_free_buffers(void)
{
}

/* --- uploads ------------------------------------------------------------------------------ */

static int note_upload(h2o_req_t *req, void *user)
{
	struct compat_uploads *uploads = user;
	h2o_socket_t *sock = compat_socket(req);
	if (sock && sock->input->size)
		uploads->on_upload(uploads, sock, sock->input->size);
	return 0;
}

void compat_each_upload(h2o_context_t *ctx, struct compat_uploads *uploads)
{
	ctx->globalconf->http1.callbacks.foreach_request(ctx, note_upload, uploads);
}

/* --- pipelines ---------------------------------------------------------------------------- */

size_t compat_request_end(h2o_req_t *req, h2o_socket_t *sock, bool has_body, size_t head_len)
{
	/* The whole request is in the input, its body decoded. */
	return has_body ? (size_t)(req->entity.base + req->entity.len - sock->input->bytes)
			: head_len;
}

/* A pointer into the old buffer. */
static void move(char **at, const h2o_buffer_t *from, const h2o_buffer_t *to)
{
	if (*at >= from->bytes && *at < from->bytes + from->size)
		*at = to->bytes + (*at - from->bytes);
}

/* All that h2o 2.2.5 lets point to the input, where it has not copied it (lib/http1.c, fixup_request()). */
static void move_all(h2o_req_t *req, const h2o_buffer_t *from, const h2o_buffer_t *to)
{
	h2o_iovec_t *texts[] = {&req->input.method, &req->input.path, &req->input.authority,
		&req->method, &req->path, &req->path_normalized, &req->authority, &req->upgrade};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		move(&texts[i]->base, from, to);
	for (size_t i = 0; i < req->headers.size; i++) {
		h2o_header_t *header = &req->headers.entries[i];
		move(&header->value.base, from, to);
		if (!h2o_iovec_is_token(header->name))
			move(&header->name->base, from, to);
	}
}

void compat_shrink_input(h2o_req_t *req, h2o_socket_t *sock)
{
	h2o_buffer_t *from = sock->input;

	if (!from->bytes || from->_fd != -1 || from->size * 2 > from->capacity)
		return;
	h2o_buffer_t *to = malloc(offsetof(h2o_buffer_t, _buf) + from->size);
	if (!to)
		return;
	*to = (h2o_buffer_t){.capacity = from->size,
		.size = from->size,
		.bytes = to->_buf,
		._prototype = from->_prototype,
		._fd = -1};
	memcpy(to->_buf, from->bytes, from->size);
	move_all(req, from, to);
	req->entity = h2o_iovec_init(NULL, 0);
	sock->input = to;
	h2o_buffer__do_free(from);
}

/* --- memory and output -------------------------------------------------------------------- */

char *compat_alloc_text(h2o_req_t *req, size_t n_bytes)
{
	return h2o_mem_alloc_pool(&req->pool, n_bytes);
}

void *compat_add_ostream(h2o_req_t *req, size_t size, h2o_ostream_t **slot)
{
	return h2o_add_ostream(req, size, slot);
}

compat_vec_t compat_vec(const char *ptr, size_t len)
{
	return h2o_iovec_init(ptr, len);
}

const char *compat_vec_ptr(const compat_vec_t *vec)
{
	return vec->base;
}
