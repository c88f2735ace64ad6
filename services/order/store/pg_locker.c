/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_locker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"

#define SQL_BYTES 1024

/* One transaction: PostgreSQL itself waits for the one who waits. %u: milliseconds */
#define LOCK                                                                                       \
	"DO $$ BEGIN "                                                                             \
	"IF NOT pg_try_advisory_xact_lock(7381240360074862442) THEN PERFORM pg_sleep(1); RETURN; " \
	"END IF; "                                                                                 \
	"LOCK TABLE orders IN SHARE MODE; "                                                        \
	"WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = "                 \
	"'orders'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = "          \
	"current_database())) LOOP PERFORM pg_sleep(0.005); END LOOP; "                            \
	"PERFORM pg_sleep(%u / 1000.0); END $$"

struct pg_locker {
	struct pg_pool pool;
	struct pg_call call;
	char sql[SQL_BYTES];
};

static void lock(void *user)
{
	struct pg_locker *locker = user;

	pg_pool_send(&locker->pool, locker->sql, NULL, 0, &locker->call);
}

static void on_reply(struct pg_call *call, const PGresult *result, const char *why)
{
	struct pg_locker *locker = H2O_STRUCT_FROM_MEMBER(struct pg_locker, call, call);

	if (!why)
		lock(locker);
	else if (result)
		log_error("the second writer cannot lock the orders",
			LOG_FIELDS(log_str("reason", why)));
}

int pg_locker_open(const struct pg_settings *like, h2o_loop_t *loop, unsigned lock_ms,
	struct pg_locker **ret_locker)
{
	struct pg_locker *locker = calloc(1, sizeof(*locker));
	struct pg_settings settings = *like;

	*ret_locker = locker;
	if (!locker)
		return -ENOMEM;
	locker->call.on_reply = on_reply;
	snprintf(locker->sql, sizeof(locker->sql), LOCK, lock_ms);
	settings.name = "second-writer";
	/* A session whose client has gone ends within a second, and with it its lock. */
	settings.options = "-c client_connection_check_interval=1000";
	settings.n_connections = 1;
	settings.n_calls_max = 1;
	settings.timeout_ms = 0;
	settings.on_ready = lock;
	settings.user = locker;
	return pg_pool_open(&locker->pool, loop, &settings);
}

void pg_locker_close(struct pg_locker *locker)
{
	if (!locker)
		return;
	pg_pool_close(&locker->pool);
	free(locker);
}
