/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_session.h - one client's HTTP/2 connection at the gRPC port, without its socket: bytes in,
 * bytes out.  HTTP/2 itself is nghttp2's.
 *
 * Limits: 100 calls at once, a window of 1 MiB, messages as large as a body of OTLP/HTTP, 10 s for
 * a call to arrive and be answered; uploads.h limits all unfinished messages together.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
#ifndef TRACEVIEW_GRPC_SESSION_H
#define TRACEVIEW_GRPC_SESSION_H

#include "serve/receiver.h"

#define GRPC_CALLS_MAX 100		/* at once, on a connection */
#define GRPC_WINDOW_BYTES (1024 * 1024) /* flow control, per call and per connection */
#define GRPC_CALL_TIMEOUT_MS 10000	/* for a call to arrive and be answered */

struct grpc_session; /* opaque */

/**
 * Creates the session of a new connection.
 * @param receiver      borrowed
 * @param upload_bytes  borrowed; counts the memory of unfinished messages
 * @return 0 or -ENOMEM
 */
LT_CHECKED int grpc_session_new(
	struct receiver *receiver, size_t *upload_bytes, struct grpc_session **ret_session);
void grpc_session_free(struct grpc_session *session); /* NULL is fine */

/**
 * Parses what the client has sent and answers complete calls.
 * @param now_ms  the loop's time
 * @return 0; -EPROTONOSUPPORT when it does not begin with HTTP/2's preface; -EPROTO or -ENOMEM when
 *         the connection must be closed
 */
LT_CHECKED int grpc_session_read(
	struct grpc_session *session, struct lt_slice bytes, uint64_t now_ms);

/**
 * Appends pending output, a part at a time; to be called again when that is sent.
 * @return 0, -EPROTO or -ENOMEM
 */
LT_CHECKED int grpc_session_write(struct grpc_session *session, struct buffer *out);

/** Admits no new calls. */
void grpc_session_drain(struct grpc_session *session);

/** Whether there is nothing left to read or write, after a drain by either side. */
bool grpc_session_is_done(const struct grpc_session *session);

/** Whether a call is in progress. */
bool grpc_session_is_busy(const struct grpc_session *session);

/** Ends calls that take too long. */
void grpc_session_expire(struct grpc_session *session, uint64_t now_ms);

/** The memory of the largest unfinished message. */
size_t grpc_session_largest(const struct grpc_session *session);

/** Answers that one with UNAVAILABLE and discards it. */
void grpc_session_refuse_largest(struct grpc_session *session, const char *why);

#endif
