/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "log.h"

#define HOST_MAX_BYTES 256
#define KEYWORDS_MAX 10

static void on_limit(struct timer *timer);
static void on_pause(struct timer *timer);

/* --- losing it ---------------------------------------------------------------------------- */

/* The first line of a message of libpq's: the rest is advice. */
static void copy_line(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Ends a call by its result, or by the loss of its connection: why. */
static void reply(struct pg_call *call, const char *why)
{
	PGresult *result = call->result;
	char line[PG_WHY_BYTES] = "";

	call->result = NULL;
	if (result && !is_good(result)) {
		const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
		copy_line(line, sizeof(line), text ? text : PQresultErrorMessage(result));
		why = line;
	}
	call->on_reply(call, result, why);
	PQclear(result);
}

static struct pg_call *pop(struct pg_connection *connection)
{
	struct pg_call *call = connection->first;

	connection->first = call->next;
	connection->n_calls--;
	if (!connection->first)
		connection->last = &connection->first;
	return call;
}

static void unwatch(struct pg_connection *connection)
{
	if (connection->fd >= 0)
		http_sockets_want(&connection->shared->sockets, connection->fd, 0, NULL);
	connection->fd = -1;
}

/* Ends the attempt or the connection, and fails what is under way. */
static void drop(struct pg_connection *connection, const char *why)
{
	struct pg_call *calls = connection->first;

	timer_stop(&connection->limit);
	if (connection->lookup) {
		http_sockets_want(
			&connection->shared->sockets, pg_lookup_fd(connection->lookup), 0, NULL);
		pg_lookup_abandon(connection->lookup);
		connection->lookup = NULL;
	}
	unwatch(connection);
	PQfinish(connection->conn);
	connection->conn = NULL;
	connection->state = PG_WAITING;
	connection->first = NULL;
	connection->last = &connection->first;
	connection->n_calls = 0;
	while (calls) {
		struct pg_call *call = calls;
		calls = call->next;
		reply(call, why);
	}
}

/* Loses the connection, or an attempt to make it, and prepares the next. */
static void lose(struct pg_connection *connection, const char *why)
{
	struct pg_shared *shared = connection->shared;
	char line[PG_WHY_BYTES];

	copy_line(line, sizeof(line), connection->said[0] ? connection->said : why);
	connection->said[0] = '\0';
	if (strcmp(shared->why, line) != 0)
		log_error("the database cannot be reached", LOG_FIELDS(log_str("reason", line)));
	memcpy(shared->why, line, sizeof(line));
	/* Not all at once, where many were lost together. */
	unsigned chance = 0;
	if (getentropy(&chance, sizeof(chance)) != 0)
		chance = 0;
	unsigned pause_ms = connection->pause_ms / 2 + chance % (connection->pause_ms / 2 + 1);
	connection->pause_ms = connection->pause_ms * 2 < PG_PAUSE_MAX_MS ? connection->pause_ms * 2
									  : PG_PAUSE_MAX_MS;
	delay_set(&connection->pause_delay, pause_ms);
	timer_start(&connection->pause, &connection->pause_delay, on_pause);
	drop(connection, line);
}

static void lose_by_libpq(struct pg_connection *connection)
{
	char line[PG_WHY_BYTES];

	copy_line(line, sizeof(line), PQerrorMessage(connection->conn));
	lose(connection, line[0] ? line : "the connection was lost");
}

static void on_limit(struct timer *timer)
{
	struct pg_connection *connection =
		H2O_STRUCT_FROM_MEMBER(struct pg_connection, limit, timer);

	if (connection->conn && PQstatus(connection->conn) == CONNECTION_BAD)
		lose_by_libpq(connection);
	else
		lose(connection, "it does not answer in time");
}

static void restart_limit(struct pg_connection *connection, struct delay *delay)
{
	timer_stop(&connection->limit);
	if (delay != &connection->shared->answer_limit || delay->ms > 0)
		timer_start(&connection->limit, delay, on_limit);
}

/* --- making it ---------------------------------------------------------------------------- */

static int watch(struct pg_connection *connection, uint32_t events)
{
	connection->fd = PQsocket(connection->conn);
	return connection->fd < 0 ? -ENOTCONN
				  : http_sockets_want(&connection->shared->sockets, connection->fd,
					    events, connection);
}

/* Keeps what the server says when it ends a session. */
static void keep_last_words(struct pg_connection *connection, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (severity && text && strcmp(severity, "FATAL") == 0)
		copy_line(connection->said, sizeof(connection->said), text);
}

/* What comes while no command is under way. */
static void on_notice(void *arg, const PGresult *result)
{
	keep_last_words(arg, result);
}

struct parameters {
	const char *keywords[KEYWORDS_MAX], *values[KEYWORDS_MAX];
	size_t n;
};

static void add(struct parameters *parameters, const char *keyword, const char *value)
{
	parameters->keywords[parameters->n] = keyword;
	parameters->values[parameters->n++] = value;
}

/* The value of a URL's parameter; "" without. Its owner frees options. */
static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0 && options->val)
			return options->val;
	return "";
}

static const char *host_of(const PQconninfoOption *options)
{
	const char *host = value_of(options, "host");
	const char *set = getenv("PGHOST"); /* libpq's default */

	return *host || !set ? host : set;
}

/* Connects to addresses, which are the host's, or "" where libpq has nothing to look up. */
static void connect_to(
	struct pg_connection *connection, const char *addresses, unsigned n_addresses)
{
	const struct pg_settings *settings = &connection->shared->settings;
	PQconninfoOption *options = PQconninfoParse(settings->url, NULL);
	struct parameters parameters = {.n = 0};
	char hosts[PG_ADDRESSES_MAX * (HOST_MAX_BYTES + 1)] = "", session[1024];

	/* What comes later wins. GSSAPI would ask the network for its tickets, and wait. */
	add(&parameters, "gssencmode", "disable");
	add(&parameters, "fallback_application_name", settings->name);
	add(&parameters, "dbname", settings->url);
	add(&parameters, "client_encoding", "UTF8");
	snprintf(session, sizeof(session), "-c statement_timeout=%u %s %.800s",
		settings->timeout_ms, settings->options, value_of(options, "options"));
	add(&parameters, "options", session);
	if (n_addresses > 0) {
		for (unsigned i = 0; i < n_addresses; i++)
			snprintf(hosts + strlen(hosts), sizeof(hosts) - strlen(hosts), "%s%s",
				i > 0 ? "," : "", host_of(options));
		add(&parameters, "host", hosts);
		add(&parameters, "hostaddr", addresses);
	}
	add(&parameters, NULL, NULL);
	connection->conn = PQconnectStartParams(parameters.keywords, parameters.values, 1);
	PQconninfoFree(options);
	if (!connection->conn) {
		lose(connection, "out of memory");
		return;
	}
	PQsetNoticeReceiver(connection->conn, on_notice, connection);
	connection->state = PG_CONNECTING;
	if (PQstatus(connection->conn) == CONNECTION_BAD || watch(connection, EPOLLOUT) != 0)
		lose_by_libpq(connection);
}

static void on_resolved(struct pg_connection *connection)
{
	char addresses[PG_ADDRESSES_BYTES];

	http_sockets_want(&connection->shared->sockets, pg_lookup_fd(connection->lookup), 0, NULL);
	unsigned n = pg_lookup_end(connection->lookup, addresses);
	connection->lookup = NULL;
	if (n > 0)
		connect_to(connection, addresses, n);
	else
		lose(connection, addresses);
}

static void resolve(struct pg_connection *connection, const char *host)
{
	int err = pg_lookup_start(host, &connection->lookup);

	connection->state = PG_RESOLVING;
	if (!err)
		err = http_sockets_want(&connection->shared->sockets,
			pg_lookup_fd(connection->lookup), EPOLLIN, connection);
	if (err)
		lose(connection, strerror(-err));
}

static void attempt(struct pg_connection *connection)
{
	PQconninfoOption *options = PQconninfoParse(connection->shared->settings.url, NULL);

	restart_limit(connection, &connection->shared->connect_limit);
	if (!options)
		lose(connection, "out of memory");
	else if (!*value_of(options, "hostaddr") && pg_address_is_name(host_of(options)))
		resolve(connection, host_of(options));
	else
		connect_to(connection, "", 0);
	PQconninfoFree(options);
}

static void on_pause(struct timer *timer)
{
	attempt(H2O_STRUCT_FROM_MEMBER(struct pg_connection, pause, timer));
}

static void flush(struct pg_connection *connection)
{
	int unsent = PQflush(connection->conn);

	if (unsent < 0 || watch(connection, unsent ? EPOLLIN | EPOLLOUT : EPOLLIN) != 0)
		lose_by_libpq(connection);
}

static void set_up(struct pg_connection *connection)
{
	connection->state = PG_SETTING_UP;
	if (PQsetnonblocking(connection->conn, 1) != 0 ||
		!PQsendQuery(connection->conn, connection->shared->settings.setup))
		lose_by_libpq(connection);
	else
		flush(connection);
}

static void go_on_connecting(struct pg_connection *connection)
{
	/* The socket may become another one, of the same number. */
	unwatch(connection);
	PostgresPollingStatusType next = PQconnectPoll(connection->conn);
	if (next == PGRES_POLLING_OK)
		set_up(connection);
	else if (next == PGRES_POLLING_FAILED ||
		 watch(connection, next == PGRES_POLLING_READING ? EPOLLIN : EPOLLOUT) != 0)
		lose_by_libpq(connection);
}

static void become_ready(struct pg_connection *connection)
{
	struct pg_shared *shared = connection->shared;

	timer_stop(&connection->limit);
	if (!PQenterPipelineMode(connection->conn)) {
		lose_by_libpq(connection);
		return;
	}
	connection->state = PG_READY;
	connection->pause_ms = PG_PAUSE_MIN_MS;
	if (shared->why[0])
		log_info("the database can be reached again", LOG_NO_FIELDS);
	shared->why[0] = '\0';
	if (shared->settings.on_ready)
		shared->settings.on_ready(shared->settings.user);
}

static void go_on_setting_up(struct pg_connection *connection)
{
	while (!PQisBusy(connection->conn)) {
		PGresult *result = PQgetResult(connection->conn);
		if (!result) {
			become_ready(connection);
			return;
		}
		ExecStatusType status = PQresultStatus(result);
		PQclear(result);
		if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
			lose_by_libpq(connection);
			return;
		}
	}
	flush(connection);
}

/* --- its pipeline ------------------------------------------------------------------------- */

static void end_call(struct pg_connection *connection)
{
	struct pg_call *call = pop(connection);

	if (connection->first)
		restart_limit(connection, &connection->shared->answer_limit);
	else
		timer_stop(&connection->limit);
	reply(call, call->result ? NULL : "there is no answer to the command");
}

/* @return false: libpq has nothing more for now */
static bool take_result(struct pg_connection *connection)
{
	struct pg_call *call = connection->first;

	if (!call || PQisBusy(connection->conn) || PQstatus(connection->conn) != CONNECTION_OK)
		return false;
	PGresult *result = PQgetResult(connection->conn);
	if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
		PQclear(result);
		end_call(connection);
	} else if (result) {
		keep_last_words(connection, result);
		PQclear(call->result);
		call->result = result;
	} else if (call->has_ended) {
		lose(connection, "its answers are not those of the commands");
	} else {
		call->has_ended = true;
	}
	return connection->state == PG_READY;
}

static void take_results(struct pg_connection *connection)
{
	while (take_result(connection))
		;
	if (connection->state != PG_READY)
		return;
	if (!connection->first)
		PQisBusy(connection->conn); /* reads what comes unasked */
	if (PQstatus(connection->conn) != CONNECTION_OK)
		lose_by_libpq(connection);
	else
		flush(connection);
}

void pg_connection_go_on(struct pg_connection *connection)
{
	if (connection->state == PG_RESOLVING) {
		on_resolved(connection);
	} else if (connection->state == PG_CONNECTING) {
		go_on_connecting(connection);
	} else if (connection->state == PG_SETTING_UP || connection->state == PG_READY) {
		if (!PQconsumeInput(connection->conn))
			lose_by_libpq(connection);
		else if (connection->state == PG_READY)
			take_results(connection);
		else
			go_on_setting_up(connection);
	}
}

bool pg_connection_send(struct pg_connection *connection, const char *sql,
	const char *const *values, size_t n_values, struct pg_call *call)
{
	if (!PQsendQueryParams(connection->conn, sql, (int)n_values, NULL, values, NULL, NULL, 0) ||
		!PQpipelineSync(connection->conn)) {
		lose_by_libpq(connection);
		return false;
	}
	call->next = NULL;
	call->result = NULL;
	call->has_ended = false;
	*connection->last = call;
	connection->last = &call->next;
	if (connection->n_calls++ == 0)
		restart_limit(connection, &connection->shared->answer_limit);
	/* A connection that is lost now reports that later, as the call is not known as sent yet. */
	int unsent = PQflush(connection->conn);
	if (unsent < 0 || watch(connection, unsent ? EPOLLIN | EPOLLOUT : EPOLLIN) != 0)
		restart_limit(connection, &connection->shared->at_once);
	return true;
}

/* --- its life ----------------------------------------------------------------------------- */

void pg_connection_start(struct pg_connection *connection, struct pg_shared *shared)
{
	connection->shared = shared;
	connection->fd = -1;
	connection->last = &connection->first;
	connection->pause_ms = PG_PAUSE_MIN_MS;
	delay_init(&connection->pause_delay, shared->loop, 0);
	attempt(connection);
}

void pg_connection_stop(struct pg_connection *connection)
{
	if (!connection->shared)
		return;
	timer_stop(&connection->pause);
	drop(connection, "the service stops");
	delay_done(&connection->pause_delay);
}
