/* SPDX-License-Identifier: Apache-2.0 */
/* pq_command.h - the spans of commands and connections, with what libpq knows of them. */
#ifndef LT_AGENT_PQ_COMMAND_H
#define LT_AGENT_PQ_COMMAND_H

#include "database/sql_token.h"
#include "hook_libpq/pq_connection.h"

/** How a connection's server reads strings. */
enum sql_dialect pq_command_dialect(struct hook_library *library, struct pg_conn *conn);

/** Starts the span of a query's text. */
struct lt_span *pq_command_query(
	struct hook_library *library, struct pg_conn *conn, const char *query);

/** Starts the span of preparing a query, and keeps its description for the name. */
struct lt_span *pq_command_prepare(struct hook_library *library, struct pq_connection *connection,
	const char *name, const char *query);

/** Starts the span of executing what was prepared. */
struct lt_span *pq_command_prepared(
	struct hook_library *library, const struct pq_connection *connection, const char *name);

/** Starts the span of an operation without a text; static. conn: NULL for none. */
struct lt_span *pq_command_operation(
	struct hook_library *library, struct pg_conn *conn, const char *operation);

/** Ends the span of a connection that was made, or was not; conn may be NULL. */
void pq_command_connected(struct hook_library *library, struct pg_conn *conn, struct lt_span *span);

/** Records a result of the oldest command's: NULL for its end, which ends its span. */
void pq_command_result(struct hook_library *library, struct pq_connection *connection,
	const struct pg_result *result);

/** Ends what an earlier, synchronous command has left: nobody reads its results any more. */
void pq_command_forget(struct hook_library *library, struct pq_connection *connection);

#endif
