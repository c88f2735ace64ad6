/* SPDX-License-Identifier: Apache-2.0 */
/* pq_connection.h - a connection: the commands that are under way on it, and what was prepared. */
#ifndef LT_AGENT_PQ_CONNECTION_H
#define LT_AGENT_PQ_CONNECTION_H

#include "hook/follow.h"
#include "hook/hook_map.h"
#include "hook_libpq/pq_library.h"

#define PQ_PREPARED_MAX 256 /* of a connection; those of more are executed as "EXECUTE" */

/* A prepared statement. */
struct pq_prepared {
	struct pq_prepared *next;
	char *summary, *text; /* text NULL: without */
	char name[];	      /* "": the one without a name */
};

/* A command that was sent; its results come in the order of the commands. */
struct pq_pending {
	struct pq_pending *next;
	struct lt_span *span; /* NULL: of a command without one, or not to be traced */
	char code[8];	      /* SQLSTATE of its first error; "" for none */
	const char *error;    /* error.type of an error without; static; NULL: none */
	bool has_parent;
	struct followed parent; /* what was current when it was sent */
};

enum pq_replication { PQ_REPLICATION_UNKNOWN, PQ_REPLICATION_NO, PQ_REPLICATION_YES };

struct pq_connection {
	struct hook_entry entry;
	struct pg_conn *conn;
	struct lt_span *connecting; /* from PQconnectStart() on */
	struct pq_pending *first, **last;
	struct pq_prepared *prepared;
	unsigned n_prepared;
	enum pq_replication replication; /* for OTEL_C_SQLCOMMENTER only */
};

/** The state of a connection; NULL: none. */
struct pq_connection *pq_connection_find(struct pg_conn *conn);

/** The same, created if there is none; NULL when out of memory. */
struct pq_connection *pq_connection_get(struct pg_conn *conn);

/** Ends what is under way, and removes the state; before its address may be reused. error: of what was lost
 * with the connection; static; NULL: its end was the program's will. */
void pq_connection_remove(struct pq_connection *connection, const char *error);

/** Appends a command; takes span, which ends when there is no memory. */
void pq_connection_push(struct pq_connection *connection, struct lt_span *span);

/** The program is about to handle a result of the oldest command's, if there is one. */
void pq_connection_handle(struct pq_connection *connection);

/** Ends the oldest command; there is one. */
void pq_connection_pop(struct pq_connection *connection);

/** Records an error of the oldest command's. code: SQLSTATE or NULL; error: static. */
void pq_connection_fail(struct pq_connection *connection, const char *code, const char *error);

/** Keeps what a name was prepared for; copies all. */
void pq_connection_prepare(
	struct pq_connection *connection, const char *name, const char *summary, const char *text);

/** What a name was prepared for; NULL: not known. */
const struct pq_prepared *pq_connection_prepared(
	const struct pq_connection *connection, const char *name);

#endif
