/* SPDX-License-Identifier: Apache-2.0 */
/* sql_token.h - the tokens of SQL, as far as literals must be distinguished from all else.
 *
 * In doubt a token is a literal: what is none may be lost, what is one must not be recorded.
 * Sources: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 *          https://www.sqlite.org/lang_expr.html, https://www.sqlite.org/quirks.html */
#ifndef LT_AGENT_SQL_TOKEN_H
#define LT_AGENT_SQL_TOKEN_H

#include <libtrace/trace.h>

enum sql_dialect {
	SQL_SQLITE,
	SQL_POSTGRESQL,
	SQL_POSTGRESQL_ESCAPES, /* with standard_conforming_strings off: a backslash escapes */
};

enum sql_kind {
	SQL_END,
	SQL_WORD,      /* a keyword, or an identifier without quotes */
	SQL_QUOTED,    /* an identifier in quotes; in SQLite "x" may be a string too */
	SQL_LITERAL,   /* a string, number or blob; to the text's end where it is not closed */
	SQL_PARAMETER, /* $1, ?, :name */
	SQL_SIGN,      /* any other character */
};

struct sql_token {
	enum sql_kind kind;
	struct lt_slice text; /* borrowed from what is read */
	bool is_separate;     /* blanks or comments are before it */
};

/* What is left of a text. */
struct sql_reader {
	enum sql_dialect dialect;
	struct lt_slice rest; /* borrowed */
};

/** The next token; SQL_END at the end, and again after that. */
struct sql_token sql_next(struct sql_reader *reader);

#endif
