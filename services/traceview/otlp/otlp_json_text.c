/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_text.c - looks at JSON before there is a tree of it. */
#include "otlp/otlp_json.h"

#include <errno.h>

/* Far deeper than VALUE_DEPTH_MAX levels of values make it, far less than jansson reads. */
#define JSON_DEPTH_MAX 1000

struct json_scan json_scan(struct lt_slice text)
{
	struct json_scan scan = {0};
	const char *end = text.ptr + text.len;
	bool in_string = false, has_underscore = false;
	size_t depth = 0;
	for (const char *p = text.ptr; p < end; p++) {
		if (*p == '"') {
			has_underscore &= in_string;
			in_string = !in_string;
		} else if (in_string) {
			has_underscore |= *p == '_';
			p += *p == '\\'; /* an escaped quote ends no string */
		} else if (*p == '[' || *p == '{') {
			scan.is_too_deep |= ++depth > JSON_DEPTH_MAX;
		} else if (*p == ']' || *p == '}') {
			depth -= depth > 0;
		} else {
			scan.has_snake_case |= *p == ':' && has_underscore;
		}
	}
	return scan;
}

void json_flatten(char *text, size_t len)
{
	bool in_string = false;
	size_t depth = 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool opens = !in_string && (c == '[' || c == '{');
		bool closes = !in_string && (c == ']' || c == '}');
		bool is_escape = in_string && c == '\\' && i + 1 < len;
		in_string ^= c == '"';
		depth += opens;
		if (depth > JSON_DEPTH_MAX) {
			text[i] = opens && depth == JSON_DEPTH_MAX + 1 ? '0' : ' ';
			if (is_escape)
				text[i + 1] = ' ';
		}
		i += is_escape;
		depth -= closes && depth > 0;
	}
}
