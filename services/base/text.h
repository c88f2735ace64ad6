/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - builds text in a buffer of fixed size: log lines, small JSON answers. */
#ifndef SERVICES_TEXT_H
#define SERVICES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part that does not fit is omitted as a whole, and is_cut is set. */
struct text {
	char *ptr;	      /* borrowed; no NUL at the end */
	size_t len, capacity; /* bytes */
	bool is_cut;
};

static inline struct text text_in(char *buffer, size_t capacity)
{
	return (struct text){.ptr = buffer, .capacity = capacity};
}

void text_add(struct text *text, const char *bytes, size_t len);
void text_adds(struct text *text, const char *string);
void text_addc(struct text *text, char c);
void text_addi(struct text *text, int64_t number);

/** Adds bytes as a quoted JSON string. Each byte that is not valid UTF-8 becomes U+FFFD. */
void text_add_json(struct text *text, const char *bytes, size_t len);

/** Limit of the bytes that text_add_json() writes for len bytes. */
#define TEXT_JSON_MAX(len) (6 * (len) + 2)

/**
 * The length of the UTF-8 character that begins at bytes, of which len > 0 are there.
 * @return 1 to 4; 0 when invalid: truncated, overlong, a surrogate, above U+10FFFF
 * Source: https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf, table 3-7
 */
unsigned utf8_length(const char *bytes, size_t len);

bool utf8_is_valid(const char *bytes, size_t len);

#endif
