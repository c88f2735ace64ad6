/* SPDX-License-Identifier: Apache-2.0 */
/* hook_libpq.c - wrappers of libpq's functions.
 *
 * libpq's synchronous functions are made of its asynchronous ones: calls from inside it are passed
 * on. */
#include "database/database.h"
#include "hook_libpq/pq_call.h"
#include "hook_libpq/pq_command.h"
#include "hook_libpq/pq_comment.h"
#include <errno.h>
#include <stdlib.h>

/* --- connecting --------------------------------------------------------------------------- */

static struct lt_span *start_connect(const struct hook_call *call)
{
	return is_seen(call) && !lt_suppressed()
		       ? pq_command_operation(call->target, NULL, "CONNECT")
		       : NULL;
}

/* Returns conn. */
static struct pg_conn *end_connect(
	const struct hook_call *call, struct pg_conn *conn, struct lt_span *span)
{
	int saved_errno = errno;

	if (span)
		pq_command_connected(call->target, conn, span);
	errno = saved_errno;
	return conn;
}

/* Its end is seen by PQconnectPoll(). Returns conn. */
static struct pg_conn *go_on_connecting(
	const struct hook_call *call, struct pg_conn *conn, struct lt_span *span)
{
	struct pq_connection *connection = span && conn ? pq_connection_get(conn) : NULL;

	if (!connection)
		return end_connect(call, conn, span);
	database_end(connection->connecting, NULL, NULL);
	connection->connecting = span;
	return conn;
}

AGENT_HOOK struct pg_conn *PQconnectdb(const char *info)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct lt_span *span = start_connect(&call);
	return end_connect(&call, PQ_REAL(call.target, PQconnectdb)(info), span);
}

AGENT_HOOK struct pg_conn *PQconnectdbParams(
	const char *const *keywords, const char *const *values, int expands)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct lt_span *span = start_connect(&call);
	return end_connect(
		&call, PQ_REAL(call.target, PQconnectdbParams)(keywords, values, expands), span);
}

AGENT_HOOK struct pg_conn *PQsetdbLogin(const char *host, const char *port, const char *options,
	const char *tty, const char *db, const char *login, const char *password)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct lt_span *span = start_connect(&call);
	return end_connect(&call,
		PQ_REAL(call.target, PQsetdbLogin)(host, port, options, tty, db, login, password),
		span);
}

AGENT_HOOK struct pg_conn *PQconnectStart(const char *info)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct lt_span *span = start_connect(&call);
	return go_on_connecting(&call, PQ_REAL(call.target, PQconnectStart)(info), span);
}

AGENT_HOOK struct pg_conn *PQconnectStartParams(
	const char *const *keywords, const char *const *values, int expands)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct lt_span *span = start_connect(&call);
	return go_on_connecting(
		&call, PQ_REAL(call.target, PQconnectStartParams)(keywords, values, expands), span);
}

AGENT_HOOK int PQconnectPoll(struct pg_conn *conn)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return PQ_POLLING_FAILED;
	int result = PQ_REAL(call.target, PQconnectPoll)(conn);
	struct pq_connection *connection =
		is_seen(&call) && conn && (result == PQ_POLLING_OK || result == PQ_POLLING_FAILED)
			? pq_connection_find(conn)
			: NULL;
	if (connection && connection->connecting) {
		end_connect(&call, conn, connection->connecting);
		connection->connecting = NULL;
	}
	return result;
}

AGENT_HOOK void PQfinish(struct pg_conn *conn)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	struct pq_connection *connection = is_seen(&call) && conn ? pq_connection_find(conn) : NULL;
	if (connection)
		pq_connection_remove(
			connection, PQ_REAL(call.target, PQstatus)(conn) == PQ_CONNECTION_OK
					    ? NULL
					    : "CONNECTION_BAD");
	PQ_REAL(call.target, PQfinish)(conn);
}

AGENT_HOOK int PQcancel(struct pg_cancel *cancel, char *error, int size)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	struct lt_span *span = is_seen(&call) && !lt_suppressed()
				       ? pq_command_operation(call.target, NULL, "CANCEL")
				       : NULL;
	int result = PQ_REAL(call.target, PQcancel)(cancel, error, size);
	int saved_errno = errno;
	database_end(span, NULL, result ? NULL : "_OTHER");
	errno = saved_errno;
	return result;
}

/* --- synchronous commands ----------------------------------------------------------------- */

/* Before a command; connection may be NULL. */
static bool begins(const struct hook_call *call, struct pq_connection *connection)
{
	if (!connection)
		return false;
	pq_command_forget(call->target, connection);
	return !lt_suppressed();
}

/* Ends the span of a command by its result, unless COPY goes on. Returns result. */
static struct pg_result *end(const struct hook_call *call, struct pq_connection *connection,
	struct lt_span *span, struct pg_result *result)
{
	int saved_errno = errno;

	if (!span)
		return result;
	struct pq_connection own = {.conn = connection->conn, .last = &own.first};
	int status = result ? PQ_REAL(call->target, PQresultStatus)(result) : PQ_BAD_RESPONSE;
	bool copies = status == PQ_COPY_IN || status == PQ_COPY_OUT || status == PQ_COPY_BOTH;
	pq_connection_push(copies ? connection : &own, span);
	if (!copies && own.first) {
		if (result)
			pq_command_result(call->target, &own, result);
		else
			pq_connection_fail(&own, NULL, "PGRES_FATAL_ERROR");
		pq_connection_pop(&own);
	}
	errno = saved_errno;
	return result;
}

AGENT_HOOK struct pg_result *PQexec(struct pg_conn *conn, const char *query)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = begins(&call, connection) && query
				       ? pq_command_query(call.target, conn, query)
				       : NULL;
	char *commented = pq_comment(call.target, connection, span, query);
	struct pg_result *result =
		PQ_REAL(call.target, PQexec)(conn, commented ? commented : query);
	free(commented);
	return end(&call, connection, span, result);
}

AGENT_HOOK struct pg_result *PQexecParams(struct pg_conn *conn, const char *query, int n,
	const unsigned *types, const char *const *values, const int *lengths, const int *formats,
	int result_format)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = begins(&call, connection) && query
				       ? pq_command_query(call.target, conn, query)
				       : NULL;
	char *commented = pq_comment(call.target, connection, span, query);
	struct pg_result *result = PQ_REAL(call.target, PQexecParams)(conn,
		commented ? commented : query, n, types, values, lengths, formats, result_format);
	free(commented);
	return end(&call, connection, span, result);
}

AGENT_HOOK struct pg_result *PQprepare(
	struct pg_conn *conn, const char *name, const char *query, int n, const unsigned *types)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = begins(&call, connection) && query && name
				       ? pq_command_prepare(call.target, connection, name, query)
				       : NULL;
	return end(&call, connection, span,
		PQ_REAL(call.target, PQprepare)(conn, name, query, n, types));
}

AGENT_HOOK struct pg_result *PQexecPrepared(struct pg_conn *conn, const char *name, int n,
	const char *const *values, const int *lengths, const int *formats, int result_format)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = begins(&call, connection) && name
				       ? pq_command_prepared(call.target, connection, name)
				       : NULL;
	return end(&call, connection, span,
		PQ_REAL(call.target, PQexecPrepared)(
			conn, name, n, values, lengths, formats, result_format));
}

AGENT_HOOK struct pg_result *PQfn(struct pg_conn *conn, int function, int *result, int *length,
	int is_integer, const void *arguments, int n)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span =
		begins(&call, connection) ? pq_command_operation(call.target, conn, "CALL") : NULL;
	return end(&call, connection, span,
		PQ_REAL(call.target, PQfn)(
			conn, function, result, length, is_integer, arguments, n));
}
