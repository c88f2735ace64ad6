/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - appends text, numbers and JSON strings. jansson only parses: building a tree for three
 * known fields would cost more than the request that it answers. */
#include "base/text.h"

#include <string.h>

void text_add(struct text *text, const char *bytes, size_t len)
{
	if (len > text->capacity - text->len) {
		text->is_cut = true;
		return;
	}
	if (len > 0)
		memcpy(text->ptr + text->len, bytes, len);
	text->len += len;
}

void text_adds(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_addc(struct text *text, char c)
{
	text_add(text, &c, 1);
}

void text_addi(struct text *text, int64_t number)
{
	char digits[20]; /* of -9223372036854775808 */
	size_t at = sizeof(digits);
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		digits[--at] = '-';
	text_add(text, digits + at, sizeof(digits) - at);
}

unsigned utf8_length(const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes;
	unsigned n = p[0] < 0x80   ? 1
		     : p[0] < 0xc2 ? 0
		     : p[0] < 0xe0 ? 2
		     : p[0] < 0xf0 ? 3
		     : p[0] < 0xf5 ? 4
				   : 0;

	if (n > len)
		return 0;
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* The second byte excludes overlong forms, surrogates and code points above U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

bool utf8_is_valid(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned n = utf8_length(bytes + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* Writes the escape of a byte that JSON does not allow in strings; returns its length, 0 for other
 * bytes. */
static size_t json_escape(unsigned char byte, char escape[6])
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "\bb\tt\nn\ff\rr\"\"\\\\"; /* byte, letter, byte, letter… */

	if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
		return 0; /* the common case */
	for (size_t i = 0; i < sizeof(shorts) - 1; i += 2) {
		if (byte == (unsigned char)shorts[i]) {
			escape[0] = '\\';
			escape[1] = shorts[i + 1];
			return 2;
		}
	}
	if (byte >= 0x20 && byte != 0x7f)
		return 0;
	memcpy(escape, "\\u00", 4);
	escape[4] = hex[byte >> 4];
	escape[5] = hex[byte & 0xf];
	return 6;
}

void text_add_json(struct text *text, const char *bytes, size_t len)
{
	size_t from = text->len, plain = 0; /* start of a run without escapes */
	bool was_cut = text->is_cut;

	text->is_cut = false;
	text_addc(text, '"');
	for (size_t i = 0; i < len;) {
		unsigned n = utf8_length(bytes + i, len - i);
		char escape[6];
		size_t escaped = n > 1	  ? 0
				 : n == 1 ? json_escape((unsigned char)bytes[i], escape)
					  : 3;
		if (escaped > 0) {
			text_add(text, bytes + plain, i - plain);
			text_add(text, n == 0 ? "\xef\xbf\xbd" : escape, escaped); /* U+FFFD */
			plain = i + 1;
		}
		i += n > 0 ? n : 1;
	}
	text_add(text, bytes + plain, len - plain);
	text_addc(text, '"');
	if (text->is_cut)
		text->len = from; /* never a part of a string */
	text->is_cut |= was_cut;
}
