/* SPDX-License-Identifier: Apache-2.0 */
/* hook_sqlite.c - wrappers of SQLite's functions.
 *
 * SQLite calls its own functions through its PLT (sqlite3_exec steps): those calls are passed on. */
#include "hook_sqlite/sqlite_statement.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() hook_call(&sqlite_family, __builtin_return_address(0))

static bool is_seen(const struct hook_call *call)
{
	return sqlite_family.tracer && !call->internal;
}

AGENT_HOOK int sqlite3_step(struct sqlite3_stmt *statement)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return SQLITE_MISUSE;
	struct sqlite_statement *state =
		is_seen(&call) && statement ? sqlite_statement_get(statement) : NULL;
	if (state && !state->is_running && !lt_suppressed())
		sqlite_statement_start(call.target, state);
	int result = SQLITE_REAL(call.target, sqlite3_step)(statement);
	if (state && result != SQLITE_ROW) {
		int saved_errno = errno;
		sqlite_statement_end(call.target, state, result);
		errno = saved_errno;
	}
	return result;
}

AGENT_HOOK int sqlite3_reset(struct sqlite3_stmt *statement)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return SQLITE_MISUSE;
	struct sqlite_statement *state =
		is_seen(&call) && statement ? sqlite_statement_find(statement) : NULL;
	int result = SQLITE_REAL(call.target, sqlite3_reset)(statement);
	if (state) /* the rows that were read are what the program wanted */
		sqlite_statement_end(call.target, state, result);
	return result;
}

AGENT_HOOK int sqlite3_finalize(struct sqlite3_stmt *statement)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return SQLITE_MISUSE;
	struct sqlite_statement *state =
		is_seen(&call) && statement ? sqlite_statement_find(statement) : NULL;
	if (state) {
		sqlite_statement_end(call.target, state, SQLITE_OK);
		/* Before another thread can be given the same address for a new statement. */
		sqlite_statement_remove(state);
	}
	int result = SQLITE_REAL(call.target, sqlite3_finalize)(statement);
	sqlite_statement_free(state);
	return result;
}

/* --- texts -------------------------------------------------------------------------------- */

/* The span of a call with a text of several statements; NULL: none. */
static struct lt_span *start(const struct hook_call *call, struct sqlite3 *db, const char *sql)
{
	return is_seen(call) && db && sql && !lt_suppressed()
		       ? sqlite_text_start(call->target, db,
				 &(struct sqlite_text){.sql = sql, .max_bytes = SIZE_MAX})
		       : NULL;
}

AGENT_HOOK int sqlite3_exec(
	struct sqlite3 *db, const char *sql, sqlite_row_function row, void *user, char **ret_error)
{
	const struct hook_call call = THIS_CALL();
	struct lt_scope scope;

	if (!call.target)
		return SQLITE_MISUSE;
	struct lt_span *span = start(&call, db, sql);
	if (!span)
		return SQLITE_REAL(call.target, sqlite3_exec)(db, sql, row, user, ret_error);
	lt_scope_enter(&scope, span); /* what the program does for each row is part of it */
	int result = SQLITE_REAL(call.target, sqlite3_exec)(db, sql, row, user, ret_error);
	lt_scope_leave(&scope);
	int saved_errno = errno;
	sqlite_span_end(call.target, db, span, result);
	errno = saved_errno;
	return result;
}

AGENT_HOOK int sqlite3_get_table(struct sqlite3 *db, const char *sql, char ***ret_table,
	int *ret_n_rows, int *ret_n_columns, char **ret_error)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return SQLITE_MISUSE;
	struct lt_span *span = start(&call, db, sql);
	int result = SQLITE_REAL(call.target, sqlite3_get_table)(
		db, sql, ret_table, ret_n_rows, ret_n_columns, ret_error);
	if (span)
		sqlite_span_end(call.target, db, span, result);
	return result;
}

/* --- preparing ---------------------------------------------------------------------------- */

/* A statement that cannot be prepared (a mistake in it, a locked database) is never executed: its
 * span is the preparation.  One that can has none, since its executions have. */
struct preparation {
	const char *sql; /* NULL: not to be traced */
	size_t max_bytes;
	uint64_t start_ns;
};

static struct preparation begin(
	const struct hook_call *call, struct sqlite3 *db, const char *sql, int n_bytes)
{
	if (!is_seen(call) || !db || !sql || lt_suppressed())
		return (struct preparation){0};
	return (struct preparation){
		sql, n_bytes < 0 ? SIZE_MAX : (size_t)n_bytes, lt_clock_now_ns()};
}

/* Returns result. */
static int end(const struct hook_call *call, struct sqlite3 *db,
	const struct preparation *preparation, int result)
{
	int saved_errno = errno;

	/* After a misuse db may be no connection. */
	if (!preparation->sql || result == SQLITE_OK || result == SQLITE_MISUSE)
		return result;
	struct lt_span *span = sqlite_text_start(call->target, db,
		&(struct sqlite_text){
			preparation->sql, preparation->max_bytes, true, preparation->start_ns});
	sqlite_span_end(call->target, db, span, result);
	errno = saved_errno;
	return result;
}

AGENT_HOOK int sqlite3_prepare(struct sqlite3 *db, const char *sql, int n_bytes,
	struct sqlite3_stmt **ret_statement, const char **ret_tail)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return SQLITE_MISUSE;
	const struct preparation preparation = begin(&call, db, sql, n_bytes);
	int result = SQLITE_REAL(call.target, sqlite3_prepare)(
		db, sql, n_bytes, ret_statement, ret_tail);
	return end(&call, db, &preparation, result);
}

AGENT_HOOK int sqlite3_prepare_v2(struct sqlite3 *db, const char *sql, int n_bytes,
	struct sqlite3_stmt **ret_statement, const char **ret_tail)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return SQLITE_MISUSE;
	const struct preparation preparation = begin(&call, db, sql, n_bytes);
	int result = SQLITE_REAL(call.target, sqlite3_prepare_v2)(
		db, sql, n_bytes, ret_statement, ret_tail);
	return end(&call, db, &preparation, result);
}

AGENT_HOOK int sqlite3_prepare_v3(struct sqlite3 *db, const char *sql, int n_bytes, unsigned flags,
	struct sqlite3_stmt **ret_statement, const char **ret_tail)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target || !SQLITE_REAL(call.target, sqlite3_prepare_v3)) /* before 3.20 */
		return SQLITE_MISUSE;
	const struct preparation preparation = begin(&call, db, sql, n_bytes);
	int result = SQLITE_REAL(call.target, sqlite3_prepare_v3)(
		db, sql, n_bytes, flags, ret_statement, ret_tail);
	return end(&call, db, &preparation, result);
}
