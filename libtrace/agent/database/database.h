/* SPDX-License-Identifier: Apache-2.0 */
/* database.h - CLIENT spans of database calls.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/db/database-spans/ */
#ifndef LT_AGENT_DATABASE_H
#define LT_AGENT_DATABASE_H

#include "database/sql.h"

/* The words of a database's HOOK_SETTING, in the order of its table. */
enum database_setting {
	DATABASE_TRUE,	/* without db.query.text */
	DATABASE_FALSE, /* no spans */
	DATABASE_TEXT,	/* with it, literals replaced */
};

/* What is known before a call; NULL and 0: not known, or none. */
struct database_call {
	const char *system;	/* db.system.name, and the name of a span without a summary */
	const char *summary;	/* or the name of another operation; "" for none */
	bool is_operation;	/* summary is only the span's name */
	struct lt_slice text;	/* db.query.text */
	const char *name_space; /* db.namespace */
	const char *address;	/* server.address */
	int port;		/* server.port, unless it is the system's usual one */
	const char *peer;	/* network.peer.address */
	uint64_t start_ns;	/* Unix time; 0: now */
};

/** Starts a span, a child of the current one or else of the environment's; copies all.  NULL when
 * out of memory. */
struct lt_span *database_start(struct lt_tracer *tracer, const struct database_call *call);

/**
 * Ends it.
 * @param span    takes; may be NULL
 * @param code    db.response.status_code; NULL: it succeeded, or there is none
 * @param error   error.type; NULL: it succeeded
 */
void database_end(struct lt_span *span, const char *code, const char *error);

#endif
