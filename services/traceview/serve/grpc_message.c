/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_message.c - gRPC's framing on HTTP/2. */
#include "serve/grpc_message.h"

bool grpc_read_prefix(struct lt_slice bytes, bool *ret_is_compressed, uint32_t *ret_len)
{
	const uint8_t *prefix = (const uint8_t *)bytes.ptr;
	if (bytes.len < GRPC_PREFIX_BYTES)
		return false;
	*ret_is_compressed = prefix[0] != 0;
	*ret_len = (uint32_t)prefix[1] << 24 | (uint32_t)prefix[2] << 16 |
		   (uint32_t)prefix[3] << 8 | prefix[4];
	return true;
}

const char *grpc_read_message(
	struct lt_slice body, bool *ret_is_compressed, struct lt_slice *ret_message)
{
	uint32_t len;
	if (!body.len)
		return "the request has no message";
	if (!grpc_read_prefix(body, ret_is_compressed, &len))
		return "the request ends in the prefix of its message";
	size_t there = body.len - GRPC_PREFIX_BYTES;
	if (there < len)
		return "the request ends before its message does";
	if (there > len)
		return "the request has more than one message";
	*ret_message = (struct lt_slice){body.ptr + GRPC_PREFIX_BYTES, len};
	return NULL;
}

void grpc_begin_message(struct buffer *out)
{
	static const char prefix[GRPC_PREFIX_BYTES];
	buffer_put(out, prefix, sizeof(prefix));
}

void grpc_end_message(struct buffer *out)
{
	if (out->failed)
		return;
	size_t len = out->len - GRPC_PREFIX_BYTES;
	for (unsigned i = 1; i < GRPC_PREFIX_BYTES; i++)
		out->data[i] = (char)(len >> (8 * (GRPC_PREFIX_BYTES - 1 - i)));
}

void grpc_put_text(struct buffer *out, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0x20 && c <= 0x7e && c != '%') {
			buffer_put(out, text, 1);
		} else {
			char escaped[] = {'%', digits[c >> 4], digits[c & 15]};
			buffer_put(out, escaped, sizeof(escaped));
		}
	}
}
