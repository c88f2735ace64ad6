/* SPDX-License-Identifier: Apache-2.0 */
/* pg_pool.h - connections to a PostgreSQL on an h2o loop, none of which ever blocks it.
 *
 * A command is sent at once, on the connection with the fewest before it, whose pipeline it joins: so a
 * command is sent by the function that wants it, never by another command's callback. A connection that
 * is lost is made again, after a pause that grows to PG_PAUSE_MAX_MS; what was under way on it has failed
 * then, and nobody knows whether it was done.
 *
 * Threads: a pool belongs to its loop's thread.
 */
#ifndef ORDER_PG_POOL_H
#define ORDER_PG_POOL_H

#include "pg_connection.h"

#define PG_START_MS 3000 /* the longest wait for connections before the loop runs */

struct pg_pool {
	struct pg_shared shared;
	struct pg_connection *connections;
	size_t n_connections;
};

enum pg_send_error {
	PG_SENT = 0,
	PG_DOWN, /* no connection; shared.why says why */
	PG_FULL, /* n_calls_max on each connection */
};

/**
 * Checks a URL.
 * @param ret_why  filled unless it is one that a pool takes; without a password
 */
bool pg_pool_check(const char *url, char ret_why[PG_WHY_BYTES]);

/**
 * Opens a pool, and waits until its connections are made or have failed, PG_START_MS at most: to be called
 * before the loop runs.
 * @param settings  copied
 * @return 0 or -Exxx; a database that cannot be reached is no error; call pg_pool_close() in either case
 */
int pg_pool_open(struct pg_pool *pool, h2o_loop_t *loop, const struct pg_settings *settings);

/** Waits until no command is under way, for so long at most; blocks. */
void pg_pool_finish(struct pg_pool *pool, unsigned ms);

/** Closes it. What is under way is reported as failed. An all-zero pool is fine. */
void pg_pool_close(struct pg_pool *pool);

/**
 * Sends a command, a transaction of its own.
 * @param sql, values  copied; values are text, or NULL
 * @param call         unless it was sent, on_reply is not called
 */
enum pg_send_error pg_pool_send(struct pg_pool *pool, const char *sql, const char *const *values,
	size_t n_values, struct pg_call *call);

#endif
