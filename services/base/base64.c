/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - binary values in JSON. Source: RFC 4648, sections 4 and 5 */
#include "base/base64.h"

void base64_encode(struct buffer *out, struct lt_slice bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *in = (const uint8_t *)bytes.ptr;
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? in[i + 1] : 0u) << 8 |
				 (left > 2 ? in[i + 2] : 0u);
		char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
			left > 1 ? digits[group >> 6 & 63] : '=',
			left > 2 ? digits[group & 63] : '='};
		buffer_put(out, text, sizeof(text));
	}
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

long base64_decode(struct lt_slice text, uint8_t *ret_bytes)
{
	size_t len = text.len;
	if (len % 4 == 0) {
		for (int pads = 0; pads < 2 && len && text.ptr[len - 1] == '='; pads++)
			len--;
	}
	if (len % 4 == 1)
		return -1;
	uint32_t group = 0;
	long n = 0;
	for (size_t i = 0; i < len; i++) {
		int value = digit(text.ptr[i]);
		if (value < 0)
			return -1;
		group = group << 6 | (uint32_t)value;
		if (i % 4)
			ret_bytes[n++] = (uint8_t)(group >> (6 - 2 * (i % 4)));
	}
	return n;
}
