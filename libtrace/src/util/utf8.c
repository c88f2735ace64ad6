/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - a receiver rejects a whole batch for one string that is not UTF-8, so strings are
 * checked.
 *
 * Source: https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf, table 3-7 */
#include "util/utf8.h"

/* Length in bytes of the character at p; 0 if it is not well-formed. */
static size_t char_len(const uint8_t *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	size_t len = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
	if (len == 0 || len > left)
		return 0;
	uint8_t min = 0x80, max = 0xBF;
	if (p[0] == 0xE0)
		min = 0xA0; /* no overlong forms */
	if (p[0] == 0xF0)
		min = 0x90; /* likewise */
	if (p[0] == 0xED)
		max = 0x9F; /* no surrogates */
	if (p[0] == 0xF4)
		max = 0x8F; /* nothing over U+10FFFF */
	if (p[1] < min || p[1] > max)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return len;
}

size_t lt_utf8_valid(struct lt_slice text)
{
	const uint8_t *p = (const uint8_t *)text.ptr;
	size_t i = 0;
	while (i < text.len) {
		uint64_t word;
		if (i + sizeof(word) <= text.len) { /* usually ASCII: eight bytes at a time */
			memcpy(&word, p + i, sizeof(word));
			if ((word & 0x8080808080808080u) == 0) {
				i += sizeof(word);
				continue;
			}
		}
		size_t len = char_len(p + i, text.len - i);
		if (len == 0)
			return i;
		i += len;
	}
	return i;
}

size_t lt_utf8_prefix(struct lt_slice text, size_t max_chars)
{
	if (text.len <= max_chars)
		return text.len;
	size_t i = 0;
	for (size_t n = 0; i < text.len && n < max_chars; n++) {
		size_t len = char_len((const uint8_t *)text.ptr + i, text.len - i);
		i += len ? len : 1;
	}
	return i;
}

/* --- printing ----------------------------------------------------------------------------- */

static uint32_t decode(const uint8_t *p, size_t len)
{
	static const uint8_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t character = p[0] & masks[len];
	for (size_t i = 1; i < len; i++)
		character = character << 6 | (p[i] & 0x3F);
	return character;
}

/* Controls (C0, DEL, C1), line separators and characters that change the direction of text. */
static bool is_harmful(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

size_t lt_utf8_clean(char *text, size_t len)
{
	const uint8_t *from = (const uint8_t *)text;
	char *to = text;
	for (size_t i = 0, n; i < len; i += n) {
		n = char_len(from + i, len - i);
		if (n && !is_harmful(decode(from + i, n))) {
			memmove(to, from + i, n);
			to += n;
		} else {
			*to++ = '?';
			n = n ? n : 1;
		}
	}
	return (size_t)(to - text);
}
