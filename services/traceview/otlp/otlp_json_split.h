/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_split.h - cuts the spans out of a request's text, so that there is never a tree of more
 * than one of them: a tree takes ten times its text. */
#ifndef TRACEVIEW_OTLP_JSON_SPLIT_H
#define TRACEVIEW_OTLP_JSON_SPLIT_H

#include "base/buffer.h"

/* Limits jansson's tree of a span, or of the rest. A small value takes some 100 bytes; values are
 * counted by the bytes that introduce them outside of strings: , : [ { */
#define JSON_VALUES_MAX 4000000

#define JSON_PIECES_MAX 1000000 /* spans of a request; 62 bytes each, where no span has so few */

struct json_piece {
	struct lt_slice text; /* of the element of an array "spans", borrowed from the request's */
	size_t rest_end;      /* the end of its number in the rest */
	bool is_used;	      /* free for the reader */
};

struct json_split {
	struct lt_slice text; /* borrowed */
	struct buffer rest;   /* the request with a number, from 0, in place of each piece */
	struct json_piece *pieces;
	size_t n, capacity;
};

/**
 * Splits a request, or what claims to be one.
 * @param ret_split  filled in any case: for json_split_done
 * @return 0, -EMSGSIZE when a limit is exceeded, -ENOMEM
 */
LT_CHECKED int json_split(struct lt_slice text, struct json_split *ret_split);
void json_split_done(struct json_split *split);

/** Where a byte of the rest is in the text. */
size_t json_split_position(const struct json_split *split, size_t rest_position);

#endif
