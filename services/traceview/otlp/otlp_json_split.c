/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_split.c - cuts the spans out of a request's text. */
#include "otlp/otlp_json_split.h"

#include <errno.h>
#include <stdlib.h>

/* Where {"resourceSpans":[{"scopeSpans":[{"spans":[ has its last bracket; Jaeger's query API has a
 * {"result": round all.  An array "spans" elsewhere belongs to no request. */
enum { SPANS_DEPTH = 5, WRAPPED_SPANS_DEPTH = 6 };

struct splitter {
	struct json_split *split;
	const char *copied;	/* the text is in the rest up to here */
	const char *piece;	/* the beginning of the one at hand, or NULL */
	size_t depth;		/* of brackets */
	size_t spans_depth;	/* inside the brackets of "spans"; 0: elsewhere */
	size_t n_rest, n_piece; /* values */
	bool is_after_name;	/* the last string was "spans" */
	bool is_after_colon;	/* likewise, and a colon behind it */
};

static int add_piece(struct json_split *split, struct lt_slice text)
{
	if (split->n == JSON_PIECES_MAX)
		return -EMSGSIZE;
	if (split->n == split->capacity) {
		size_t capacity = split->capacity ? split->capacity * 2 : 64;
		struct json_piece *pieces = realloc(split->pieces, capacity * sizeof(*pieces));
		if (!pieces)
			return -ENOMEM;
		split->pieces = pieces;
		split->capacity = capacity;
	}
	buffer_printf(&split->rest, "%zu", split->n);
	split->pieces[split->n++] = (struct json_piece){text, split->rest.len, false};
	return split->rest.failed ? -ENOMEM : 0;
}

static void begin_piece(struct splitter *s, const char *at)
{
	buffer_put(&s->split->rest, s->copied, (size_t)(at - s->copied));
	s->copied = s->piece = at;
	s->n_piece = 0;
}

static int end_piece(struct splitter *s, const char *at)
{
	struct lt_slice text = {s->piece, (size_t)(at - s->piece)};
	s->copied = at;
	s->piece = NULL;
	return s->n_piece > JSON_VALUES_MAX ? -EMSGSIZE : add_piece(s->split, text);
}

/* @return the string's last byte, or end */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\' && at + 1 < end; /* an escaped quote ends no string */
	return at;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A bracket, a comma, or a byte of a number or a word. */
static int on_token(struct splitter *s, const char *at)
{
	bool is_end = *at == ',' || *at == ']';
	bool is_in_spans = s->spans_depth && s->depth == s->spans_depth;
	int err = is_in_spans && is_end && s->piece ? end_piece(s, at) : 0;
	if (is_in_spans && !is_end && !s->piece)
		begin_piece(s, at);
	if (*at == '[' && s->is_after_colon && !s->spans_depth &&
		(s->depth == SPANS_DEPTH || s->depth == WRAPPED_SPANS_DEPTH))
		s->spans_depth = s->depth + 1;
	s->depth += *at == '[' || *at == '{';
	s->depth -= (*at == ']' || *at == '}') && s->depth;
	if (s->depth < s->spans_depth)
		s->spans_depth = 0;
	*(s->piece ? &s->n_piece : &s->n_rest) += *at == ',' || *at == '[' || *at == '{';
	s->is_after_name = s->is_after_colon = false;
	return err;
}

static void on_string(struct splitter *s, const char *at, const char *last)
{
	static const char name[] = "\"spans";
	size_t n = sizeof(name) - 1;
	if (s->spans_depth && s->depth == s->spans_depth && !s->piece)
		begin_piece(s, at);
	s->is_after_name = (size_t)(last - at) == n && memcmp(at, name, n) == 0;
	s->is_after_colon = false;
}

static void on_colon(struct splitter *s)
{
	s->is_after_colon = s->is_after_name;
	s->is_after_name = false;
	*(s->piece ? &s->n_piece : &s->n_rest) += 1;
}

int json_split(struct lt_slice text, struct json_split *ret_split)
{
	const char *end = text.ptr + text.len;
	struct splitter s = {.split = ret_split, .copied = text.ptr};
	int err = 0;
	*ret_split = (struct json_split){.text = text};
	buffer_init(&ret_split->rest, text.len + (size_t)8 * JSON_PIECES_MAX);
	for (const char *at = text.ptr; at < end && !err; at++) {
		if (*at == '"') {
			const char *last = skip_string(at, end);
			on_string(&s, at, last);
			at = last;
		} else if (*at == ':') {
			on_colon(&s);
		} else if (!is_blank(*at)) {
			err = on_token(&s, at);
		}
	}
	buffer_put(&ret_split->rest, s.copied, (size_t)(end - s.copied));
	if (!err && s.n_rest > JSON_VALUES_MAX)
		err = -EMSGSIZE;
	return !err && ret_split->rest.failed ? -ENOMEM : err;
}

void json_split_done(struct json_split *split)
{
	buffer_done(&split->rest);
	free(split->pieces);
}

size_t json_split_position(const struct json_split *split, size_t rest_position)
{
	size_t i = split->n;
	while (i > 0 && split->pieces[i - 1].rest_end > rest_position)
		i--;
	if (i == 0)
		return rest_position;
	const struct json_piece *piece = &split->pieces[i - 1];
	return (size_t)(piece->text.ptr - split->text.ptr) + piece->text.len +
	       (rest_position - piece->rest_end);
}
