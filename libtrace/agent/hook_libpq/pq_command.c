/* SPDX-License-Identifier: Apache-2.0 */
/* Source: https://opentelemetry.io/docs/specs/semconv/db/postgresql/ */
#include "hook_libpq/pq_command.h"
#include "database/database.h"
#include "http/attribute.h"
#include <libtrace/semconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_PORT 5432
#define ADDRESS_MAX_BYTES 256

struct server {
	char socket[ADDRESS_MAX_BYTES]; /* the path of a Unix socket */
	const char *address, *database; /* borrowed; NULL: not known */
	int port;			/* 0: none, or the usual one */
};

static void read_server(
	struct hook_library *library, struct pg_conn *conn, struct server *ret_server)
{
	const char *port = conn ? PQ_REAL(library, PQport)(conn) : NULL;

	*ret_server = (struct server){.address = conn ? PQ_REAL(library, PQhost)(conn) : NULL,
		.database = conn ? PQ_REAL(library, PQdb)(conn) : NULL};
	/* A folder, or an abstract socket's name. */
	if (ret_server->address &&
		(ret_server->address[0] == '/' || ret_server->address[0] == '@')) {
		snprintf(ret_server->socket, sizeof(ret_server->socket), "%s/.s.PGSQL.%s",
			ret_server->address, port && *port ? port : "5432");
		ret_server->address = ret_server->socket;
	} else if (port && atoi(port) != USUAL_PORT) {
		ret_server->port = atoi(port);
	}
}

static struct lt_span *start(struct hook_library *library, struct pg_conn *conn,
	const char *summary, bool is_operation, const char *text)
{
	struct server server;

	read_server(library, conn, &server);
	return database_start(libpq_family.tracer, &(struct database_call){.system = "postgresql",
							   .summary = summary,
							   .is_operation = is_operation,
							   .text = lt_slice(text),
							   .name_space = server.database,
							   .address = server.address,
							   .port = server.port});
}

static bool with_text(void)
{
	return libpq_family.setting == DATABASE_TEXT;
}

enum sql_dialect pq_command_dialect(struct hook_library *library, struct pg_conn *conn)
{
	const char *conforming =
		PQ_REAL(library, PQparameterStatus)(conn, "standard_conforming_strings");

	return conforming && strcmp(conforming, "off") == 0 ? SQL_POSTGRESQL_ESCAPES
							    : SQL_POSTGRESQL;
}

static void describe(struct hook_library *library, struct pg_conn *conn, const char *query,
	struct sql_description *ret_description)
{
	sql_describe(pq_command_dialect(library, conn),
		(struct lt_slice){query, strnlen(query, SQL_TEXT_MAX_BYTES)}, false, with_text(),
		ret_description);
}

struct lt_span *pq_command_query(
	struct hook_library *library, struct pg_conn *conn, const char *query)
{
	struct sql_description description;

	describe(library, conn, query, &description);
	return start(
		library, conn, description.summary, false, with_text() ? description.text : NULL);
}

struct lt_span *pq_command_prepare(struct hook_library *library, struct pq_connection *connection,
	const char *name, const char *query)
{
	struct sql_description description;
	char summary[sizeof("PREPARE ") + SQL_SUMMARY_MAX_BYTES];

	describe(library, connection->conn, query, &description);
	const char *text = with_text() ? description.text : NULL;
	pq_connection_prepare(connection, name, description.summary, text);
	snprintf(summary, sizeof(summary), "PREPARE %s", description.summary);
	summary[SQL_SUMMARY_MAX_BYTES] = '\0';
	return start(library, connection->conn, summary, false, text);
}

struct lt_span *pq_command_prepared(
	struct hook_library *library, const struct pq_connection *connection, const char *name)
{
	const struct pq_prepared *prepared = pq_connection_prepared(connection, name);

	return prepared ? start(library, connection->conn, prepared->summary, false, prepared->text)
			: start(library, connection->conn, "EXECUTE", true, NULL);
}

struct lt_span *pq_command_operation(
	struct hook_library *library, struct pg_conn *conn, const char *operation)
{
	return start(library, conn, operation, true, NULL);
}

void pq_command_connected(struct hook_library *library, struct pg_conn *conn, struct lt_span *span)
{
	struct server server;
	bool is_connected = conn && PQ_REAL(library, PQstatus)(conn) == PQ_CONNECTION_OK;

	if (span && lt_span_is_recording(span)) {
		read_server(library, conn, &server);
		lt_span_set(span, LT_ATTRS(attr_str(LT_DB_NAMESPACE, server.database),
					  attr_str(LT_SERVER_ADDRESS, server.address),
					  attr_int(LT_SERVER_PORT, server.port)));
	}
	database_end(span, NULL, is_connected ? NULL : "CONNECTION_BAD");
}

void pq_command_result(struct hook_library *library, struct pq_connection *connection,
	const struct pg_result *result)
{
	if (!connection->first)
		return;
	if (!result) {
		pq_connection_pop(connection);
		return;
	}
	switch (PQ_REAL(library, PQresultStatus)(result)) {
	case PQ_FATAL_ERROR:
		pq_connection_fail(connection,
			PQ_REAL(library, PQresultErrorField)(result, PQ_FIELD_SQLSTATE),
			"PGRES_FATAL_ERROR");
		break;
	case PQ_BAD_RESPONSE:
		pq_connection_fail(connection, NULL, "PGRES_BAD_RESPONSE");
		break;
	case PQ_PIPELINE_ABORTED:
		pq_connection_fail(connection, NULL, "PGRES_PIPELINE_ABORTED");
		break;
	default:
		break;
	}
}

void pq_command_forget(struct hook_library *library, struct pq_connection *connection)
{
	__typeof__(PQpipelineStatus) *in_pipeline = PQ_REAL(library, PQpipelineStatus);

	if (in_pipeline && in_pipeline(connection->conn)) /* NULL: before libpq 14 */
		return;
	while (connection->first)
		pq_connection_pop(connection);
}
