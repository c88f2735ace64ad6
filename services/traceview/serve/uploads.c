/* SPDX-License-Identifier: Apache-2.0 */
/* uploads.c - a common limit for all unfinished request bodies. */
#include "serve/uploads.h"

#include "http_counts.h"

#include <stdlib.h>

const char uploads_why[] = "unfinished requests exceeded TRACEVIEW_UPLOADS_MAX_BYTES in total";

static bool has_place(struct uploads *uploads)
{
	if (uploads->n < uploads->capacity)
		return true;
	size_t capacity = uploads->capacity ? 2 * uploads->capacity : 64;
	struct upload *items = realloc(uploads->items, capacity * sizeof(*items));
	if (!items)
		return false;
	uploads->items = items;
	uploads->capacity = capacity;
	return true;
}

static void on_upload(struct compat_uploads *super, h2o_socket_t *sock, size_t n_bytes)
{
	struct uploads *uploads = H2O_STRUCT_FROM_MEMBER(struct uploads, super, super);
	if (h2o_socket_is_writing(sock) || !sock->_cb.read) /* it is being answered */
		return;
	uploads->n_bytes += n_bytes;
	if (has_place(uploads))
		uploads->items[uploads->n++] = (struct upload){sock, n_bytes};
}

static int largest_first(const void *a, const void *b)
{
	const struct upload *x = a, *y = b;
	return (x->n_bytes < y->n_bytes) - (x->n_bytes > y->n_bytes);
}

/* The request is incomplete, so h2o writes nothing to this socket. */
static void refuse(h2o_socket_t *sock)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
				     "Content-Length: 0\r\nConnection: close\r\n\r\n";
	int fd = h2o_socket_get_fd(sock);
	/* Closes with a reset: a client that is still sending would block otherwise. */
	struct linger reset = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	ssize_t sent = send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* a client that does not take it goes without */
	/* Makes h2o close the connection now: what the kernel has of it still would be read first. */
	sock->_cb.read(sock, h2o_socket_error_closed);
}

unsigned uploads_bound(struct uploads *uploads, h2o_context_t *ctx, struct grpc *grpc,
	size_t max_bytes, size_t *ret_bytes)
{
	unsigned n_refused = 0;
	uploads->super.on_upload = on_upload;
	uploads->n = uploads->n_bytes = 0;
	compat_each_upload(ctx, &uploads->super);
	if (uploads->n_bytes + grpc_upload_bytes(grpc) > max_bytes && uploads->n > 0)
		qsort(uploads->items, uploads->n, sizeof(*uploads->items), largest_first);
	while (uploads->n_bytes + grpc_upload_bytes(grpc) > max_bytes) {
		struct upload *largest = n_refused < uploads->n ? &uploads->items[n_refused] : NULL;
		size_t grpc_bytes = grpc_largest_upload(grpc);
		if (!largest && grpc_bytes == 0)
			break;
		http_count(HTTP_SHED_UPLOADS);
		if (grpc_bytes > (largest ? largest->n_bytes : 0)) {
			grpc_refuse_largest(grpc, uploads_why);
			continue;
		}
		uploads->n_bytes -= largest->n_bytes;
		refuse(largest->sock);
		n_refused++;
	}
	*ret_bytes = uploads->n_bytes + grpc_upload_bytes(grpc);
	return n_refused;
}

void uploads_done(struct uploads *uploads)
{
	free(uploads->items);
	*uploads = (struct uploads){.n = 0};
}
