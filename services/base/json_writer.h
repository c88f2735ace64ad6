/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer.h - writes JSON text straight into a buffer: the answer to a query has too many
 * values for a tree, and its strings need not be valid UTF-8. */
#ifndef TRACEVIEW_JSON_WRITER_H
#define TRACEVIEW_JSON_WRITER_H

#include "base/buffer.h"

struct json_writer {
	struct buffer *out; /* borrowed; failures stick to it */
	bool comma;	    /* the next value or key needs one before it */
};

/** Opens an object or array: open is '{' or '['. */
void jw_begin(struct json_writer *w, char open);
void jw_end(struct json_writer *w, char close);

/** Writes a key, which must need no escapes. */
void jw_key(struct json_writer *w, const char *key);

void jw_string(struct json_writer *w, struct lt_slice text); /* not UTF-8: U+FFFD */
void jw_int(struct json_writer *w, int64_t value);
void jw_uint(struct json_writer *w, uint64_t value);
void jw_double(struct json_writer *w, double value); /* "NaN", "Infinity" as proto3 JSON */
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
void jw_hex(struct json_writer *w, const uint8_t *id, size_t n);
void jw_base64(struct json_writer *w, struct lt_slice bytes);

/* 64-bit integers in quotes, as in proto3 JSON. */
void jw_quoted_int(struct json_writer *w, int64_t value);
void jw_quoted_uint(struct json_writer *w, uint64_t value);

#endif
