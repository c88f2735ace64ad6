/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_statement.h - a prepared statement and the span of its execution: from the first
 * sqlite3_step() to the one that returns no row, or to sqlite3_reset() or sqlite3_finalize(). */
#ifndef LT_AGENT_SQLITE_STATEMENT_H
#define LT_AGENT_SQLITE_STATEMENT_H

#include "hook/hook_map.h"
#include "hook_sqlite/sqlite_library.h"

struct sqlite_statement {
	struct hook_entry entry;
	struct sqlite3_stmt *statement;
	bool is_running;      /* between the first step and the end of an execution */
	struct lt_span *span; /* NULL: none, or not running */
	const char *sql;      /* SQLite's copy of the text that is described; NULL: not yet */
	char *summary;	      /* NULL: out of memory */
	char *text;	      /* NULL: without text */
};

/** The state of a statement; NULL: none. */
struct sqlite_statement *sqlite_statement_find(struct sqlite3_stmt *statement);

/** The same, created if there is none; NULL when out of memory. */
struct sqlite_statement *sqlite_statement_get(struct sqlite3_stmt *statement);

/** Starts the span of an execution. */
void sqlite_statement_start(struct hook_library *library, struct sqlite_statement *statement);

/** Ends it: with the result of the last step, or SQLITE_OK. */
void sqlite_statement_end(
	struct hook_library *library, struct sqlite_statement *statement, int result);

/** Removes it before its address may be reused; it may be NULL. */
void sqlite_statement_remove(struct sqlite_statement *statement);

/** Frees it, removed; it may be NULL. */
void sqlite_statement_free(struct sqlite_statement *statement);

/* An SQL text that is not prepared, or could not be. */
struct sqlite_text {
	const char *sql; /* ends with a NUL or after max_bytes */
	size_t max_bytes;
	bool is_one;	   /* only its first statement is meant */
	uint64_t start_ns; /* 0: now */
};

/** Starts its span; NULL when there is no statement in it. */
struct lt_span *sqlite_text_start(
	struct hook_library *library, struct sqlite3 *db, const struct sqlite_text *text);

/** Ends a span with the result of a call; its extended code is the connection's. */
void sqlite_span_end(
	struct hook_library *library, struct sqlite3 *db, struct lt_span *span, int result);

#endif
