/* SPDX-License-Identifier: Apache-2.0 */
/* hook_send.c - wrappers of libpq's asynchronous functions: a command's span is from its sending to
 * the PQgetResult() that returns NULL for it.  In pipeline mode several are under way. */
#include "database/database.h"
#include "hook/completion.h"
#include "hook_libpq/pq_call.h"
#include "hook_libpq/pq_command.h"
#include "hook_libpq/pq_comment.h"
#include <errno.h>
#include <stdlib.h>

/* After sending; takes span, NULL for a command that has none. Returns is_sent. */
static int sent(const struct hook_call *call, struct pq_connection *connection,
	struct lt_span *span, int is_sent)
{
	int saved_errno = errno;

	if (connection && is_sent) {
		pq_command_forget(call->target, connection); /* else it would not have been sent */
		pq_connection_push(connection, span);
	} else if (connection) {
		database_end(span, NULL,
			PQ_REAL(call->target, PQstatus)(connection->conn) == PQ_CONNECTION_OK
				? "_OTHER"
				: "CONNECTION_BAD");
	}
	errno = saved_errno;
	return is_sent;
}

AGENT_HOOK int PQsendQuery(struct pg_conn *conn, const char *query)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = connection && query && !lt_suppressed()
				       ? pq_command_query(call.target, conn, query)
				       : NULL;
	char *commented = pq_comment(call.target, connection, span, query);
	int is_sent = PQ_REAL(call.target, PQsendQuery)(conn, commented ? commented : query);
	free(commented);
	return sent(&call, connection, span, is_sent);
}

AGENT_HOOK int PQsendQueryParams(struct pg_conn *conn, const char *query, int n,
	const unsigned *types, const char *const *values, const int *lengths, const int *formats,
	int result_format)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = connection && query && !lt_suppressed()
				       ? pq_command_query(call.target, conn, query)
				       : NULL;
	char *commented = pq_comment(call.target, connection, span, query);
	int is_sent = PQ_REAL(call.target, PQsendQueryParams)(conn, commented ? commented : query,
		n, types, values, lengths, formats, result_format);
	free(commented);
	return sent(&call, connection, span, is_sent);
}

AGENT_HOOK int PQsendPrepare(
	struct pg_conn *conn, const char *name, const char *query, int n, const unsigned *types)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = connection && query && name && !lt_suppressed()
				       ? pq_command_prepare(call.target, connection, name, query)
				       : NULL;
	return sent(&call, connection, span,
		PQ_REAL(call.target, PQsendPrepare)(conn, name, query, n, types));
}

AGENT_HOOK int PQsendQueryPrepared(struct pg_conn *conn, const char *name, int n,
	const char *const *values, const int *lengths, const int *formats, int result_format)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	struct pq_connection *connection = connection_of(&call, conn);
	struct lt_span *span = connection && name && !lt_suppressed()
				       ? pq_command_prepared(call.target, connection, name)
				       : NULL;
	return sent(&call, connection, span,
		PQ_REAL(call.target, PQsendQueryPrepared)(
			conn, name, n, values, lengths, formats, result_format));
}

/* No span, but results of their own. */

AGENT_HOOK int PQsendDescribePrepared(struct pg_conn *conn, const char *name)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	return sent(&call, connection_of(&call, conn), NULL,
		PQ_REAL(call.target, PQsendDescribePrepared)(conn, name));
}

AGENT_HOOK int PQsendDescribePortal(struct pg_conn *conn, const char *name)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	return sent(&call, connection_of(&call, conn), NULL,
		PQ_REAL(call.target, PQsendDescribePortal)(conn, name));
}

/* Of libpq 17. */
AGENT_HOOK int PQsendClosePrepared(struct pg_conn *conn, const char *name)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target || !PQ_REAL(call.target, PQsendClosePrepared))
		return 0;
	return sent(&call, connection_of(&call, conn), NULL,
		PQ_REAL(call.target, PQsendClosePrepared)(conn, name));
}

AGENT_HOOK int PQsendClosePortal(struct pg_conn *conn, const char *name)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target || !PQ_REAL(call.target, PQsendClosePortal))
		return 0;
	return sent(&call, connection_of(&call, conn), NULL,
		PQ_REAL(call.target, PQsendClosePortal)(conn, name));
}

AGENT_HOOK struct pg_result *PQgetResult(struct pg_conn *conn)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	if (is_seen(&call))
		completion_leave_result();
	struct pg_result *result = PQ_REAL(call.target, PQgetResult)(conn);
	struct pq_connection *connection = is_seen(&call) && conn ? pq_connection_find(conn) : NULL;
	if (connection) {
		int saved_errno = errno;
		pq_command_result(call.target, connection, result);
		/* After the NULL the connection is free for anybody's command; the end of a pipeline's
		 * part is no command's. */
		if (result && PQ_REAL(call.target, PQresultStatus)(result) != PQ_PIPELINE_SYNC)
			pq_connection_handle(connection);
		errno = saved_errno;
	}
	return result;
}

/* The program turns to what has arrived on a connection, maybe another one. */
AGENT_HOOK int PQconsumeInput(struct pg_conn *conn)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 0;
	if (is_seen(&call))
		completion_leave_result();
	return PQ_REAL(call.target, PQconsumeInput)(conn);
}

/* If it is, the program goes back to its loop. */
AGENT_HOOK int PQisBusy(struct pg_conn *conn)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return 1;
	int is_busy = PQ_REAL(call.target, PQisBusy)(conn);
	if (is_busy && is_seen(&call))
		completion_leave_result();
	return is_busy;
}
