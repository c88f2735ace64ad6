/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_message.h - gRPC's framing on HTTP/2: a prefix before each message, percent-encoded texts.
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
#ifndef TRACEVIEW_GRPC_MESSAGE_H
#define TRACEVIEW_GRPC_MESSAGE_H

#include "base/buffer.h"

#define GRPC_PREFIX_BYTES 5 /* the compressed flag and the length */

/**
 * Reads the prefix of a message.
 * @return false when there are fewer bytes than it has
 */
bool grpc_read_prefix(struct lt_slice bytes, bool *ret_is_compressed, uint32_t *ret_len);

/**
 * Finds the one message of a call that has ended.
 * @param ret_message  borrowed from body
 * @return NULL, or an error message, static
 */
const char *grpc_read_message(
	struct lt_slice body, bool *ret_is_compressed, struct lt_slice *ret_message);

/* Writing a message: the prefix is filled in at the end. */
void grpc_begin_message(struct buffer *out);
void grpc_end_message(struct buffer *out);

/** Appends a text in the encoding of grpc-message, as much of it as fits. */
void grpc_put_text(struct buffer *out, const char *text);

#endif
