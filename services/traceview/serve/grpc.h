/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.h - OTLP/gRPC: the default port of most SDKs.
 *
 * Only in builds with nghttp2 (option grpc).
 */
#ifndef TRACEVIEW_GRPC_H
#define TRACEVIEW_GRPC_H

#include "http_loop.h"
#include "serve/receiver.h"

struct grpc; /* opaque: the connections of the port */

/* For struct http_port, whose server is a struct grpc. */
extern const struct http_protocol grpc_protocol;

/**
 * @param receiver  borrowed
 * @return 0; -ENOMEM; -ENOTSUP in a build without gRPC
 */
LT_CHECKED int grpc_new(struct receiver *receiver, struct grpc **ret_grpc);

/** Frees it; there must be no connections. NULL is fine. */
void grpc_free(struct grpc *grpc);

/** The memory of unfinished messages; 0 for NULL, as below. */
size_t grpc_upload_bytes(const struct grpc *grpc);

/** The memory of the largest of them. */
size_t grpc_largest_upload(const struct grpc *grpc);

/** Answers that one with UNAVAILABLE, so that its client retries. */
void grpc_refuse_largest(struct grpc *grpc, const char *why);

#endif
