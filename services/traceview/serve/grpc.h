/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.h - OTLP/gRPC: the port that most SDKs take when they are told nothing.
 *
 * Only where nghttp2 is there (build option grpc).
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
 * @return 0; -ENOMEM; -ENOTSUP where this build has no gRPC
 */
LT_CHECKED int grpc_new(struct receiver *receiver, struct grpc **ret_grpc);

/** Ends one without connections; NULL is fine. */
void grpc_free(struct grpc *grpc);

/** The memory of messages that are arriving; 0 for NULL, as below. */
size_t grpc_upload_bytes(const struct grpc *grpc);

/** The memory of the largest of them. */
size_t grpc_largest_upload(const struct grpc *grpc);

/** Answers that one with UNAVAILABLE: its client is to try again. */
void grpc_refuse_largest(struct grpc *grpc, const char *why);

#endif
