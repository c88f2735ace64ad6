/* SPDX-License-Identifier: Apache-2.0 */
/* uploads.c - a common limit for all unfinished request bodies. */
#include "serve/uploads.h"

#define REFUSED_MAX 16 /* connections in one turn */

const char uploads_why[] = "unfinished requests exceeded 64 MiB in total";

struct tally {
	struct compat_uploads super;
	h2o_socket_t *refused[REFUSED_MAX];
	unsigned n_refused;
	h2o_socket_t *largest;
	size_t largest_bytes, bytes;
};

static bool is_refused(const struct tally *tally, const h2o_socket_t *sock)
{
	for (unsigned i = 0; i < tally->n_refused; i++)
		if (tally->refused[i] == sock)
			return true;
	return false;
}

static void on_upload(struct compat_uploads *uploads, h2o_socket_t *sock, size_t n_bytes)
{
	struct tally *tally = H2O_STRUCT_FROM_MEMBER(struct tally, super, uploads);
	if (is_refused(tally, sock) || h2o_socket_is_writing(sock)) /* or being answered */
		return;
	tally->bytes += n_bytes;
	if (n_bytes > tally->largest_bytes) {
		tally->largest = sock;
		tally->largest_bytes = n_bytes;
	}
}

/* The request is incomplete, so h2o writes nothing to this socket. The end of input makes it close
 * the connection, once it has read the kernel's buffer.
 * @return false when the socket was shut down before */
static bool refuse(h2o_socket_t *sock)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
				     "Content-Length: 0\r\nConnection: close\r\n\r\n";
	int fd = h2o_socket_get_fd(sock);
	/* Closes with a reset: a client that is still sending would block otherwise. */
	struct linger reset = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	bool is_new = send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
	shutdown(fd, SHUT_RDWR);
	return is_new;
}

/* @return false when there is nothing (more) to refuse in this turn */
static bool refuse_largest(struct tally *tally, struct grpc *grpc, unsigned *n_told)
{
	if (grpc_largest_upload(grpc) > tally->largest_bytes) {
		grpc_refuse_largest(grpc, uploads_why);
		return true;
	}
	if (!tally->largest || tally->n_refused == REFUSED_MAX)
		return false;
	*n_told += refuse(tally->largest);
	tally->refused[tally->n_refused++] = tally->largest;
	return true;
}

unsigned uploads_bound(h2o_context_t *ctx, struct grpc *grpc, size_t max_bytes, size_t *ret_bytes)
{
	struct tally tally = {.super = {on_upload}};
	unsigned n_told = 0;
	do {
		tally.largest = NULL;
		tally.largest_bytes = tally.bytes = 0;
		compat_each_upload(ctx, &tally.super);
		*ret_bytes = tally.bytes + grpc_upload_bytes(grpc);
	} while (*ret_bytes > max_bytes && refuse_largest(&tally, grpc, &n_told));
	return n_told;
}
