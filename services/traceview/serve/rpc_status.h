/* SPDX-License-Identifier: Apache-2.0 */
/* rpc_status.h - errors of a request, in the codes and format of gRPC and OTLP.
 *
 * Source: google/rpc/code.proto and google/rpc/status.proto of googleapis
 */
#ifndef TRACEVIEW_RPC_STATUS_H
#define TRACEVIEW_RPC_STATUS_H

#include "base/buffer.h"
#include "store/intake.h"

enum rpc_code {
	RPC_OK = 0,
	RPC_INVALID_ARGUMENT = 3,
	RPC_DEADLINE_EXCEEDED = 4,
	RPC_NOT_FOUND = 5,
	RPC_RESOURCE_EXHAUSTED = 8,
	RPC_UNIMPLEMENTED = 12,
	RPC_INTERNAL = 13,
	RPC_UNAVAILABLE = 14, /* retryable */
};

/** The code of an error of receiver_take(). */
enum rpc_code rpc_code_of(int err);

/** Appends a google.rpc.Status. */
void rpc_write_status(
	struct buffer *out, enum encoding encoding, enum rpc_code code, struct lt_slice message);

#endif
