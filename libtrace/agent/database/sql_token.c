/* SPDX-License-Identifier: Apache-2.0 */
#include "database/sql_token.h"
#include "util/slice.h"

static bool starts_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool continues_word(char c)
{
	return starts_word(c) || lt_is_digit(c) || c == '$';
}

/* The character at i; '\0' past the end. */
static char at(struct lt_slice text, size_t i)
{
	return i < text.len ? text.ptr[i] : '\0';
}

static size_t word_length(struct lt_slice text, size_t i)
{
	while (i < text.len && continues_word(text.ptr[i]))
		i++;
	return i;
}

/* --- between tokens ----------------------------------------------------------------------- */

/* A carriage return ends a comment in PostgreSQL only. */
static size_t line_end(struct lt_slice text, size_t i, enum sql_dialect dialect)
{
	while (i < text.len && text.ptr[i] != '\n' &&
		(dialect == SQL_SQLITE || text.ptr[i] != '\r'))
		i++;
	return i;
}

/* PostgreSQL's nest. */
static size_t comment_end(struct lt_slice text, size_t i, bool nests)
{
	size_t depth = 1;

	while (i < text.len && depth) {
		bool opens = nests && at(text, i) == '/' && at(text, i + 1) == '*';
		bool closes = at(text, i) == '*' && at(text, i + 1) == '/';
		depth += opens;
		depth -= closes;
		i += opens || closes ? 2 : 1;
	}
	return i;
}

/* The first character that belongs to a token, or the end. */
static size_t skip(const struct sql_reader *reader)
{
	struct lt_slice text = reader->rest;
	size_t i = 0;

	while (i < text.len) {
		if (lt_is_blank(text.ptr[i]))
			i++;
		else if (text.ptr[i] == '-' && at(text, i + 1) == '-')
			i = line_end(text, i, reader->dialect);
		else if (text.ptr[i] == '/' && at(text, i + 1) == '*')
			i = comment_end(text, i + 2, reader->dialect != SQL_SQLITE);
		else
			break;
	}
	return i < text.len ? i : text.len;
}

/* --- literals ----------------------------------------------------------------------------- */

/* After the closing quote, or the end; i is after the opening one. */
static size_t quote_end(struct lt_slice text, size_t i, char quote, bool escapes)
{
	while (i < text.len) {
		if (escapes && text.ptr[i] == '\\') {
			i += 2;
		} else if (text.ptr[i] != quote) {
			i++;
		} else if (at(text, i + 1) == quote) {
			i += 2;
		} else {
			return i + 1;
		}
	}
	return text.len;
}

/* A string goes on in the next line, by the same rules: the place after its quote, or 0. */
static size_t continuation(struct lt_slice text, size_t i, enum sql_dialect dialect)
{
	bool has_newline = false;

	for (;;) {
		if (i < text.len && lt_is_blank(text.ptr[i])) {
			has_newline |= text.ptr[i] == '\n' || text.ptr[i] == '\r';
			i++;
		} else if (at(text, i) == '-' && at(text, i + 1) == '-') {
			i = line_end(text, i, dialect);
		} else {
			return has_newline && at(text, i) == '\'' ? i + 1 : 0;
		}
	}
}

/* i is after the opening quote, which has_escapes (E'') or not. */
static size_t string_end(struct lt_slice text, size_t i, bool has_escapes, enum sql_dialect dialect)
{
	size_t next = i;

	has_escapes |= dialect == SQL_POSTGRESQL_ESCAPES;
	while (next) {
		i = quote_end(text, next, '\'', has_escapes);
		next = continuation(text, i, dialect);
	}
	return i;
}

/* After the quote of E'', B'', X'', N'' or U&''; 0: text is a word. */
static size_t prefix_length(struct lt_slice text, enum sql_dialect dialect)
{
	char c = lt_lower(at(text, 0));

	if (dialect == SQL_SQLITE)
		return c == 'x' && at(text, 1) == '\'' ? 2 : 0;
	if ((c == 'e' || c == 'b' || c == 'x' || c == 'n') && at(text, 1) == '\'')
		return 2;
	return c == 'u' && at(text, 1) == '&' && at(text, 2) == '\'' ? 3 : 0;
}

/* Of "$tag$", which is also what closes it; 0: it is no such thing. */
static size_t dollar_length(struct lt_slice text)
{
	size_t i = 1;

	if (starts_word(at(text, 1))) {
		while (i < text.len && text.ptr[i] != '$' && continues_word(text.ptr[i]))
			i++;
	}
	return at(text, i) == '$' ? i + 1 : 0;
}

static size_t dollar_end(struct lt_slice text, size_t tag_length)
{
	for (size_t i = tag_length; i + tag_length <= text.len; i++) {
		if (memcmp(text.ptr + i, text.ptr, tag_length) == 0)
			return i + tag_length;
	}
	return text.len;
}

/* 1, .5, 0x1f, 1_000, 1e-5, and what would be an error. */
static size_t number_end(struct lt_slice text)
{
	size_t i = 0;

	while (i < text.len) {
		char c = text.ptr[i];
		bool is_exponent = lt_lower(c) == 'e' &&
				   (at(text, i + 1) == '+' || at(text, i + 1) == '-') &&
				   lt_is_digit(at(text, i + 2));
		if ((!continues_word(c) && c != '.') || c == '$')
			break;
		i += is_exponent ? 2 : 1;
	}
	return i;
}

/* --- tokens ------------------------------------------------------------------------------- */

struct found {
	enum sql_kind kind;
	size_t length;
};

static struct found read_dollar(struct lt_slice text)
{
	size_t i = 1;

	while (lt_is_digit(at(text, i)))
		i++;
	if (i > 1)
		return (struct found){SQL_PARAMETER, i};
	size_t tag_length = dollar_length(text);
	return tag_length ? (struct found){SQL_LITERAL, dollar_end(text, tag_length)}
			  : (struct found){SQL_SIGN, 1};
}

static struct found read_word(struct lt_slice text, enum sql_dialect dialect)
{
	size_t prefix = prefix_length(text, dialect);

	if (prefix)
		return (struct found){SQL_LITERAL,
			string_end(text, prefix, lt_lower(text.ptr[0]) == 'e', dialect)};
	if (dialect != SQL_SQLITE && lt_lower(text.ptr[0]) == 'u' && at(text, 1) == '&' &&
		at(text, 2) == '"')
		return (struct found){SQL_QUOTED, quote_end(text, 3, '"', false)};
	return (struct found){SQL_WORD, word_length(text, 0)};
}

/* :name, @name, $name, $a::b(c), as SQLite reads them. */
static size_t named_length(struct lt_slice text)
{
	size_t i = 1, n = 0;

	for (; i < text.len; i++) {
		if (continues_word(text.ptr[i])) {
			n++;
		} else if (text.ptr[i] == ':' && at(text, i + 1) == ':') {
			i++;
		} else if (text.ptr[i] == '(' && n) {
			while (i < text.len && text.ptr[i] != ')' && !lt_is_blank(text.ptr[i]))
				i++;
			return at(text, i) == ')' ? i + 1 : i;
		} else {
			break;
		}
	}
	return i;
}

static struct found read_sqlite_sign(struct lt_slice text)
{
	switch (text.ptr[0]) {
	case '`':
		return (struct found){SQL_QUOTED, quote_end(text, 1, '`', false)};
	case '[': {
		size_t i = 1;
		while (i < text.len && text.ptr[i] != ']')
			i++;
		return (struct found){SQL_QUOTED, i < text.len ? i + 1 : i};
	}
	case '?':
		return (struct found){SQL_PARAMETER, word_length(text, 1)};
	case '$':
	case ':':
	case '@':
	case '#':
		return (struct found){SQL_PARAMETER, named_length(text)};
	default:
		return (struct found){SQL_SIGN, 1};
	}
}

static struct found read_token(struct lt_slice text, enum sql_dialect dialect)
{
	char c = text.ptr[0];

	if (c == '\'')
		return (struct found){SQL_LITERAL, string_end(text, 1, false, dialect)};
	if (c == '"')
		return (struct found){SQL_QUOTED, quote_end(text, 1, '"', false)};
	if (lt_is_digit(c) || (c == '.' && lt_is_digit(at(text, 1))))
		return (struct found){SQL_LITERAL, number_end(text)};
	if (starts_word(c))
		return read_word(text, dialect);
	if (dialect == SQL_SQLITE)
		return read_sqlite_sign(text);
	return c == '$' ? read_dollar(text) : (struct found){SQL_SIGN, 1};
}

struct sql_token sql_next(struct sql_reader *reader)
{
	size_t skipped = skip(reader);
	struct sql_token token = {.kind = SQL_END, .is_separate = skipped > 0};

	reader->rest = lt_slice_from(reader->rest, skipped);
	if (!reader->rest.len)
		return token;
	struct found found = read_token(reader->rest, reader->dialect);
	if (found.length > reader->rest.len) /* an escape at the very end */
		found.length = reader->rest.len;
	token.kind = found.kind;
	token.text = (struct lt_slice){reader->rest.ptr, found.length};
	reader->rest = lt_slice_from(reader->rest, found.length);
	return token;
}
