/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @return the number of bytes, or -1 for a broken escape or more than capacity */
static ssize_t decode(const char *from, const char *end, char *buffer, size_t capacity)
{
	size_t n = 0;

	for (; from < end; from++) {
		char c = *from == '+' ? ' ' : *from;
		if (c == '%') {
			int high = end - from > 2 ? hex_digit(from[1]) : -1;
			int low = end - from > 2 ? hex_digit(from[2]) : -1;
			if (high < 0 || low < 0)
				return -1;
			c = (char)(high << 4 | low);
			from += 2;
		}
		if (n == capacity)
			return -1;
		buffer[n++] = c;
	}
	return (ssize_t)n;
}

/* Compares a name, still encoded, with the requested one. */
static bool is_named(const char *from, const char *end, const char *name)
{
	char buffer[32];
	ssize_t n = decode(from, end, buffer, sizeof(buffer));
	return n >= 0 && (size_t)n == strlen(name) && memcmp(buffer, name, (size_t)n) == 0;
}

bool query_get(h2o_iovec_t query, const char *name, char *buffer, size_t capacity,
	struct query_value *ret_value)
{
	const char *end = query.base + query.len;
	bool found = false;

	for (const char *from = query.base; from < end;) {
		const char *next = memchr(from, '&', (size_t)(end - from));
		const char *stop = next ? next : end;
		const char *equals = memchr(from, '=', (size_t)(stop - from));
		if (is_named(from, equals ? equals : stop, name)) {
			const char *value = equals ? equals + 1 : stop;
			ssize_t n = found ? -1 : decode(value, stop, buffer, capacity);
			*ret_value = (struct query_value){
				.bytes = buffer, .len = n > 0 ? (size_t)n : 0, .is_valid = n >= 0};
			found = true;
		}
		from = stop + 1;
	}
	return found;
}
