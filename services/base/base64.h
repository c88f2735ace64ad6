/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - binary values in JSON. */
#ifndef TRACEVIEW_BASE64_H
#define TRACEVIEW_BASE64_H

#include "base/buffer.h"

/** Appends the standard form with padding. */
void base64_encode(struct buffer *out, struct lt_slice bytes);

/**
 * Decodes the standard or the URL-safe form, padded or not, as proto3 JSON allows.
 * @param ret_bytes  room for 3 bytes per 4 characters of text, rounded up
 * @return the number of bytes, or -1 for malformed text
 */
long base64_decode(struct lt_slice text, uint8_t *ret_bytes);

#endif
