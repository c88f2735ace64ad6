/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_sqlite/sqlite_statement.h"
#include "database/database.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hook_kind statements = {sizeof(struct sqlite_statement)};

struct sqlite_statement *sqlite_statement_find(struct sqlite3_stmt *statement)
{
	return (struct sqlite_statement *)hook_map_find(&statements, statement);
}

struct sqlite_statement *sqlite_statement_get(struct sqlite3_stmt *statement)
{
	struct sqlite_statement *state =
		(struct sqlite_statement *)hook_map_get(&statements, statement);

	if (state)
		state->statement = statement;
	return state;
}

void sqlite_statement_remove(struct sqlite_statement *statement)
{
	if (statement)
		hook_map_remove(&statements, statement->statement);
}

void sqlite_statement_free(struct sqlite_statement *statement)
{
	if (!statement)
		return;
	free(statement->summary);
	free(statement->text);
	free(statement);
}

/* An in-memory or temporary database has no file. */
static const char *file_of(struct hook_library *library, struct sqlite3 *db)
{
	return SQLITE_REAL(library, sqlite3_db_filename)
		       ? SQLITE_REAL(library, sqlite3_db_filename)(db, "main")
		       : NULL; /* before SQLite 3.7.10 */
}

static struct lt_span *start(struct hook_library *library, struct sqlite3 *db, const char *summary,
	const char *text, uint64_t start_ns)
{
	return database_start(sqlite_family.tracer, &(struct database_call){.system = "sqlite",
							    .summary = summary,
							    .text = lt_slice(text),
							    .name_space = file_of(library, db),
							    .start_ns = start_ns});
}

/* A statement is described once, however often it is executed. */
static void describe(struct hook_library *library, struct sqlite_statement *statement)
{
	const char *sql = SQLITE_REAL(library, sqlite3_sql)(statement->statement);
	struct sql_description description;

	if (statement->sql == sql)
		return;
	bool with_text = sqlite_family.setting == DATABASE_TEXT;
	sql_describe(SQL_SQLITE, lt_slice(sql), true, with_text, &description);
	free(statement->summary);
	free(statement->text);
	statement->summary = strdup(description.summary);
	statement->text = with_text ? strdup(description.text) : NULL;
	statement->sql = sql;
}

void sqlite_statement_start(struct hook_library *library, struct sqlite_statement *statement)
{
	statement->is_running = true;
	describe(library, statement);
	statement->span =
		start(library, SQLITE_REAL(library, sqlite3_db_handle)(statement->statement),
			statement->summary, statement->text, 0);
}

void sqlite_statement_end(
	struct hook_library *library, struct sqlite_statement *statement, int result)
{
	if (!statement->is_running)
		return;
	statement->is_running = false;
	sqlite_span_end(library, SQLITE_REAL(library, sqlite3_db_handle)(statement->statement),
		statement->span, result);
	statement->span = NULL;
}

struct lt_span *sqlite_text_start(
	struct hook_library *library, struct sqlite3 *db, const struct sqlite_text *text)
{
	bool with_text = sqlite_family.setting == DATABASE_TEXT;
	struct sql_description description;

	size_t max_bytes =
		text->max_bytes < SQL_TEXT_MAX_BYTES ? text->max_bytes : SQL_TEXT_MAX_BYTES;
	sql_describe(SQL_SQLITE, (struct lt_slice){text->sql, strnlen(text->sql, max_bytes)},
		text->is_one, with_text, &description);
	if (description.is_empty)
		return NULL;
	return start(library, db, description.summary, with_text ? description.text : NULL,
		text->start_ns);
}

void sqlite_span_end(
	struct hook_library *library, struct sqlite3 *db, struct lt_span *span, int result)
{
	char code[16];

	if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE || !span) {
		database_end(span, NULL, NULL);
		return;
	}
	/* Misuse leaves the connection's code as it was. */
	int extended = SQLITE_REAL(library, sqlite3_extended_errcode)(db);
	snprintf(
		code, sizeof(code), "%d", (extended & 0xff) == (result & 0xff) ? extended : result);
	database_end(span, code, sqlite_code_name(result));
}
