/* SPDX-License-Identifier: Apache-2.0 */
/* pg_connection.h - one connection of a pool: how it is made, lost and made again, and its pipeline. */
#ifndef ORDER_PG_CONNECTION_H
#define ORDER_PG_CONNECTION_H

#include <libpq-fe.h>

#include "http_sockets.h"
#include "pg_address.h"

/* Limits. */
#define PG_CONNECT_MS 5000  /* limit of making a connection */
#define PG_PAUSE_MIN_MS 100 /* between two attempts; doubled with each of them */
#define PG_PAUSE_MAX_MS 5000
#define PG_SILENCE_MS 2000 /* beyond a statement's timeout, until a server counts as gone */
#define PG_WHY_BYTES 256   /* of a reason, for people, with its NUL */

struct pg_settings {
	const char *url;	/* postgresql://…, checked by pg_pool_check(); borrowed */
	const char *name;	/* application_name in the database, unless url has one; borrowed */
	const char *setup;	/* run by each new connection; borrowed */
	const char *options;	/* of its session, "-c NAME=VALUE ..."; borrowed */
	unsigned n_connections; /* at least 1 */
	unsigned n_calls_max;	/* under way on a connection */
	unsigned timeout_ms;	/* of a statement; 0: none */
	/* Called when a connection is ready for commands; may be NULL. */
	void (*on_ready)(void *user);
	void *user;
};

/* What the connections of a pool share. */
struct pg_shared {
	struct pg_settings settings;
	h2o_loop_t *loop;
	struct http_sockets sockets;
	struct delay connect_limit, answer_limit, at_once;
	char why[PG_WHY_BYTES]; /* the last attempt to connect has failed; "": it has not */
};

/* A command under way: embedded in an object that lives until on_reply is called. */
struct pg_call {
	/* Called once, later, never from within the function that sends it.
	 * result: borrowed; NULL: the connection was lost; why: NULL: the command has succeeded */
	void (*on_reply)(struct pg_call *call, const PGresult *result, const char *why);
	/* The connection's. */
	struct pg_call *next;
	PGresult *result; /* NULL: not yet */
	bool has_ended;	  /* only the pipeline's mark behind it is to come */
};

enum pg_state {
	PG_WAITING = 0, /* for the next attempt */
	PG_RESOLVING,
	PG_CONNECTING,
	PG_SETTING_UP,
	PG_READY,
};

struct pg_connection {
	struct pg_shared *shared; /* NULL: not started */
	enum pg_state state;
	PGconn *conn; /* NULL: none */
	int fd;	      /* conn's, which is watched; -1: none */
	struct pg_lookup *lookup;
	struct pg_call *first, **last; /* in the order of their answers */
	size_t n_calls;
	struct timer limit; /* of an attempt, or of the wait for the next answer */
	struct delay pause_delay;
	struct timer pause;
	unsigned pause_ms;
	char said[PG_WHY_BYTES]; /* by the server before it ended the connection */
};

/** Begins the first attempt. */
void pg_connection_start(struct pg_connection *connection, struct pg_shared *shared);

/** Handles what its descriptor is ready for. */
void pg_connection_go_on(struct pg_connection *connection);

/** Sends a command. @return false: the connection is lost */
bool pg_connection_send(struct pg_connection *connection, const char *sql,
	const char *const *values, size_t n_values, struct pg_call *call);

/** Ends it for good. */
void pg_connection_stop(struct pg_connection *connection);

#endif
