/* SPDX-License-Identifier: Apache-2.0 */
/* slice.h - tests and conversions of borrowed text without a NUL, by the rules of the C locale
 * whatever the program's is.  Used by the library, the agent and the launcher. */
#ifndef LT_SLICE_H
#define LT_SLICE_H

#include <libtrace/trace.h>

static inline bool lt_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/** A space, tab, line feed, vertical tab, form feed or carriage return. */
static inline bool lt_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char lt_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool lt_starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/** Without the first n bytes, of which there are at least as many. */
static inline struct lt_slice lt_slice_from(struct lt_slice text, size_t n)
{
	return (struct lt_slice){text.ptr + n, text.len - n};
}

static inline bool lt_slice_equal(struct lt_slice a, struct lt_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool lt_slice_starts_with(struct lt_slice text, struct lt_slice start)
{
	return text.len >= start.len &&
	       (start.len == 0 || memcmp(text.ptr, start.ptr, start.len) == 0);
}

/** Whether text is that word, in any letter case. */
static inline bool lt_slice_is_word(struct lt_slice text, const char *word)
{
	size_t i = 0;
	while (i < text.len && word[i] && lt_lower(text.ptr[i]) == lt_lower(word[i]))
		i++;
	return i == text.len && !word[i];
}

/** Without the blanks at both ends. */
static inline struct lt_slice lt_slice_trim(struct lt_slice text)
{
	while (text.len && lt_is_blank(text.ptr[0]))
		text = lt_slice_from(text, 1);
	while (text.len && lt_is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/** A header field's value without the spaces and tabs that are not part of it.
 * Source: RFC 9110, section 5.5 */
static inline struct lt_slice lt_slice_trim_ows(struct lt_slice text)
{
	while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = lt_slice_from(text, 1);
	while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/** Reads a whole number that has digits only; an empty text is 0.  False, with *ret_value
 * untouched, for anything else and on overflow. */
static inline bool lt_slice_to_uint(struct lt_slice digits, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (!lt_is_digit(digits.ptr[i]) || __builtin_mul_overflow(value, 10u, &value) ||
			__builtin_add_overflow(value, (unsigned)(digits.ptr[i] - '0'), &value))
			return false;
	}
	*ret_value = value;
	return true;
}

/**
 * Reads a port; an empty text is 0.  False, with *ret_port untouched, for an invalid one.
 * Source: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.3
 */
static inline bool lt_slice_to_port(struct lt_slice digits, uint16_t *ret_port)
{
	unsigned port = 0; /* too short to overflow */
	if (digits.len > 5)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)(digits.ptr[i] - '0');
		if (digit > 9)
			return false;
		port = port * 10 + digit;
	}
	if (port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

#endif
