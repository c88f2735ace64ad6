/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer.c - writes JSON text straight into a buffer. */
#include "base/json_writer.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void before_value(struct json_writer *w)
{
	if (w->comma)
		buffer_put(w->out, ",", 1);
	w->comma = true;
}

void jw_begin(struct json_writer *w, char open)
{
	before_value(w);
	buffer_put(w->out, &open, 1);
	w->comma = false;
}

void jw_end(struct json_writer *w, char close)
{
	buffer_put(w->out, &close, 1);
	w->comma = true;
}

void jw_key(struct json_writer *w, const char *key)
{
	before_value(w);
	buffer_put(w->out, "\"", 1);
	buffer_puts(w->out, key);
	buffer_put(w->out, "\":", 2);
	w->comma = false;
}

#define STRING_STEP 4096 /* bytes converted to JSON at a time */

/* The length of a prefix that ends between two characters. */
static size_t step_of(struct lt_slice text)
{
	if (text.len <= STRING_STEP)
		return text.len;
	size_t n = STRING_STEP;
	while (n > STRING_STEP - 3 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void jw_string(struct json_writer *w, struct lt_slice text)
{
	before_value(w);
	buffer_put(w->out, "\"", 1);
	while (text.len) {
		char json[TEXT_JSON_MAX(STRING_STEP)];
		struct text part = text_in(json, sizeof(json));
		size_t n = step_of(text);
		text_add_json(&part, text.ptr, n);
		buffer_put(w->out, json + 1, part.len - 2);
		text.ptr += n;
		text.len -= n;
	}
	buffer_put(w->out, "\"", 1);
}

void jw_int(struct json_writer *w, int64_t value)
{
	before_value(w);
	buffer_printf(w->out, "%" PRId64, value);
}

void jw_uint(struct json_writer *w, uint64_t value)
{
	before_value(w);
	buffer_printf(w->out, "%" PRIu64, value);
}

/* An exponent without leading zeros, as JavaScript and Go write it: tags are searched as text. */
static void put_number(struct buffer *out, const char *text)
{
	const char *zero = strchr(text, 'e');
	zero = zero && zero[2] == '0' && zero[3] ? zero + 2 : NULL;
	if (zero)
		buffer_put(out, text, (size_t)(zero - text));
	buffer_puts(out, zero ? zero + 1 : text);
}

void jw_double(struct json_writer *w, double value)
{
	before_value(w);
	if (isnan(value)) {
		buffer_puts(w->out, "\"NaN\"");
	} else if (isinf(value)) {
		buffer_puts(w->out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	} else {
		char text[32]; /* the shortest that reads back the same */
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, value);
			if (strtod(text, NULL) == value)
				break;
		}
		put_number(w->out, text);
	}
}

void jw_bool(struct json_writer *w, bool value)
{
	before_value(w);
	buffer_puts(w->out, value ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
	before_value(w);
	buffer_puts(w->out, "null");
}

void jw_hex(struct json_writer *w, const uint8_t *id, size_t n)
{
	before_value(w);
	char *room = buffer_reserve(w->out, 2 * n + 3);
	if (room) {
		room[0] = '"';
		hex_print(id, n, room + 1);
		room[2 * n + 1] = '"';
		w->out->len += 2 * n + 2;
	}
}

void jw_base64(struct json_writer *w, struct lt_slice bytes)
{
	before_value(w);
	buffer_put(w->out, "\"", 1);
	base64_encode(w->out, bytes);
	buffer_put(w->out, "\"", 1);
}

void jw_quoted_int(struct json_writer *w, int64_t value)
{
	before_value(w);
	buffer_printf(w->out, "\"%" PRId64 "\"", value);
}

void jw_quoted_uint(struct json_writer *w, uint64_t value)
{
	before_value(w);
	buffer_printf(w->out, "\"%" PRIu64 "\"", value);
}
