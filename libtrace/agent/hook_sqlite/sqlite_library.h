/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_library.h - SQLite's own functions, as in sqlite3.h, which the agent is built without.
 *
 * Source: https://www.sqlite.org/c3ref/intro.html; its interface is kept compatible. */
#ifndef LT_AGENT_SQLITE_LIBRARY_H
#define LT_AGENT_SQLITE_LIBRARY_H

#include "hook/agent.h"
#include "hook/hook.h"

struct sqlite3;
struct sqlite3_stmt;

enum sqlite_result {
	SQLITE_OK = 0,
	SQLITE_NOMEM = 7,
	SQLITE_MISUSE = 21,
	SQLITE_ROW = 100,
	SQLITE_DONE = 101,
};

typedef int (*sqlite_row_function)(void *user, int n, char **values, char **names);

AGENT_HOOK int sqlite3_step(struct sqlite3_stmt *statement);
AGENT_HOOK int sqlite3_reset(struct sqlite3_stmt *statement);
AGENT_HOOK int sqlite3_finalize(struct sqlite3_stmt *statement);
AGENT_HOOK int sqlite3_exec(
	struct sqlite3 *db, const char *sql, sqlite_row_function row, void *user, char **ret_error);
AGENT_HOOK int sqlite3_get_table(struct sqlite3 *db, const char *sql, char ***ret_table,
	int *ret_n_rows, int *ret_n_columns, char **ret_error);
AGENT_HOOK int sqlite3_prepare(struct sqlite3 *db, const char *sql, int n_bytes,
	struct sqlite3_stmt **ret_statement, const char **ret_tail);
AGENT_HOOK int sqlite3_prepare_v2(struct sqlite3 *db, const char *sql, int n_bytes,
	struct sqlite3_stmt **ret_statement, const char **ret_tail);
AGENT_HOOK int sqlite3_prepare_v3(struct sqlite3 *db, const char *sql, int n_bytes, unsigned flags,
	struct sqlite3_stmt **ret_statement, const char **ret_tail);

extern const char *sqlite3_sql(struct sqlite3_stmt *statement);
extern struct sqlite3 *sqlite3_db_handle(struct sqlite3_stmt *statement);
extern const char *sqlite3_db_filename(struct sqlite3 *db, const char *name);
extern int sqlite3_extended_errcode(struct sqlite3 *db);

/* SQLITE_REAL(library, sqlite3_step)(statement) */
#define SQLITE_REAL(library, name) HOOK_REAL(sqlite, library, name)

/** "SQLITE_BUSY" for 5 and for its extended codes, and so on; static; "_OTHER" for a newer one. */
const char *sqlite_code_name(int code);

#endif
