/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_session.h - one client's HTTP/2 connection at the gRPC port, without its socket: bytes in,
 * bytes out.  HTTP/2 itself is nghttp2's.
 *
 * What anybody may make it keep is bounded: 100 calls at once, 1 MiB sent ahead, each message as
 * large as a body of OTLP/HTTP, 10 s for a call to arrive and be answered; and all messages that are
 * arriving together by uploads.h.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
#ifndef TRACEVIEW_GRPC_SESSION_H
#define TRACEVIEW_GRPC_SESSION_H

#include "serve/receiver.h"

#define GRPC_CALLS_MAX 100		/* at once, on a connection */
#define GRPC_WINDOW_BYTES (1024 * 1024) /* that a client may send ahead, on a call and on all */
#define GRPC_CALL_TIMEOUT_MS 10000	/* for a call to arrive whole, and to take its answer */

struct grpc_session; /* opaque */

/**
 * Makes the session of a new connection.
 * @param receiver      borrowed
 * @param upload_bytes  borrowed: memory of messages that are arriving is added and subtracted
 * @return 0 or -ENOMEM
 */
LT_CHECKED int grpc_session_new(
	struct receiver *receiver, size_t *upload_bytes, struct grpc_session **ret_session);
void grpc_session_free(struct grpc_session *session); /* NULL is fine */

/**
 * Reads what the client has sent; calls that are whole are answered.
 * @param now_ms  the loop's time
 * @return 0; -EPROTONOSUPPORT when it does not begin as HTTP/2 does; -EPROTO or -ENOMEM when the
 *         connection is of no more use
 */
LT_CHECKED int grpc_session_read(
	struct grpc_session *session, struct lt_slice bytes, uint64_t now_ms);

/**
 * Appends some of what the client is to get, to be called again when that is sent.
 * @return 0, -EPROTO or -ENOMEM
 */
LT_CHECKED int grpc_session_write(struct grpc_session *session, struct buffer *out);

/** Lets no call begin any more. */
void grpc_session_drain(struct grpc_session *session);

/** Whether nothing is left to be read or written: it has been drained, or the client has. */
bool grpc_session_is_done(const struct grpc_session *session);

/** Whether a call is under way. */
bool grpc_session_is_busy(const struct grpc_session *session);

/** Ends calls that take too long. */
void grpc_session_expire(struct grpc_session *session, uint64_t now_ms);

/** The memory of the largest message that is arriving. */
size_t grpc_session_largest(const struct grpc_session *session);

/** Answers that one with UNAVAILABLE, and forgets it. */
void grpc_session_refuse_largest(struct grpc_session *session, const char *why);

#endif
