/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_pool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/monotonic.h"

bool pg_pool_check(const char *url, char ret_why[PG_WHY_BYTES])
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message);

	ret_why[0] = '\0';
	if (!options)
		snprintf(ret_why, PG_WHY_BYTES, "%.*s", message ? (int)strcspn(message, "\n") : 0,
			message ? message : "");
	PQfreemem(message);
	/* libpq would look up the names of several hosts, and those of a service file, itself, and wait. */
	for (const PQconninfoOption *option = options; option && option->keyword; option++) {
		const char *value = option->val ? option->val : "";
		if (strcmp(option->keyword, "host") == 0 && strchr(value, ','))
			snprintf(ret_why, PG_WHY_BYTES, "it has more than one host");
		if (strcmp(option->keyword, "service") == 0 && *value)
			snprintf(ret_why, PG_WHY_BYTES, "it names a service file's entry");
	}
	bool is_good = options && !ret_why[0];
	PQconninfoFree(options);
	return is_good;
}

/* --- waiting without the loop ------------------------------------------------------------- */

static bool has_settled(const struct pg_connection *connection)
{
	return connection->state == PG_READY || connection->state == PG_WAITING;
}

static bool is_idle(const struct pg_connection *connection)
{
	return !connection->first;
}

/* Until all connections are so, for ms at most. */
static void wait_until(
	struct pg_pool *pool, bool (*are)(const struct pg_connection *connection), unsigned ms)
{
	long long end_ms = (long long)monotonic_ms() + ms, left_ms = ms;
	size_t i = 0;

	while (i < pool->n_connections && left_ms > 0) {
		struct pollfd ready = {.fd = pool->shared.sockets.epoll_fd, .events = POLLIN};
		if (are(&pool->connections[i]))
			i++;
		else if (poll(&ready, 1, (int)left_ms) > 0)
			http_sockets_poll(&pool->shared.sockets);
		left_ms = end_ms - (long long)monotonic_ms();
	}
}

void pg_pool_finish(struct pg_pool *pool, unsigned ms)
{
	wait_until(pool, is_idle, ms);
}

/* --- the pool ----------------------------------------------------------------------------- */

static void on_ready(void *owner, int fd, uint32_t events)
{
	pg_connection_go_on(owner);
}

int pg_pool_open(struct pg_pool *pool, h2o_loop_t *loop, const struct pg_settings *settings)
{
	*pool = (struct pg_pool){.shared = {.settings = *settings, .loop = loop}};
	pool->connections = calloc(settings->n_connections, sizeof(*pool->connections));
	if (!pool->connections)
		return -ENOMEM;
	int err = http_sockets_start(&pool->shared.sockets, loop, on_ready, NULL, NULL);
	if (err)
		return err;
	delay_init(&pool->shared.connect_limit, loop, PG_CONNECT_MS);
	delay_init(&pool->shared.at_once, loop, 0);
	delay_init(&pool->shared.answer_limit, loop,
		settings->timeout_ms > 0 ? settings->timeout_ms + PG_SILENCE_MS : 0);
	pool->n_connections = settings->n_connections;
	for (size_t i = 0; i < pool->n_connections; i++)
		pg_connection_start(&pool->connections[i], &pool->shared);
	wait_until(pool, has_settled, PG_START_MS);
	return 0;
}

void pg_pool_close(struct pg_pool *pool)
{
	for (size_t i = 0; i < pool->n_connections; i++)
		pg_connection_stop(&pool->connections[i]);
	delay_done(&pool->shared.connect_limit);
	delay_done(&pool->shared.answer_limit);
	delay_done(&pool->shared.at_once);
	http_sockets_stop(&pool->shared.sockets);
	free(pool->connections);
}

enum pg_send_error pg_pool_send(struct pg_pool *pool, const char *sql, const char *const *values,
	size_t n_values, struct pg_call *call)
{
	struct pg_connection *best = NULL;

	for (size_t i = 0; i < pool->n_connections; i++) {
		struct pg_connection *connection = &pool->connections[i];
		if (connection->state == PG_READY && (!best || connection->n_calls < best->n_calls))
			best = connection;
	}
	if (!best)
		return PG_DOWN;
	if (best->n_calls >= pool->shared.settings.n_calls_max)
		return PG_FULL;
	return pg_connection_send(best, sql, values, n_values, call) ? PG_SENT : PG_DOWN;
}
