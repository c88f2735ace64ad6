/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_libpq/pq_connection.h"
#include "database/database.h"
#include "hook/completion.h"
#include <stdlib.h>
#include <string.h>

static const struct hook_kind connections = {sizeof(struct pq_connection)};

struct pq_connection *pq_connection_find(struct pg_conn *conn)
{
	return (struct pq_connection *)hook_map_find(&connections, conn);
}

struct pq_connection *pq_connection_get(struct pg_conn *conn)
{
	struct pq_connection *connection = (struct pq_connection *)hook_map_get(&connections, conn);

	if (connection && !connection->conn) {
		connection->conn = conn;
		connection->last = &connection->first;
	}
	return connection;
}

static void prepared_free(struct pq_prepared *prepared)
{
	free(prepared->summary);
	free(prepared->text);
	free(prepared);
}

void pq_connection_remove(struct pq_connection *connection, const char *error)
{
	while (connection->first) {
		pq_connection_fail(connection, NULL, error);
		pq_connection_pop(connection);
	}
	database_end(connection->connecting, NULL, error);
	for (struct pq_prepared *prepared = connection->prepared, *next; prepared;
		prepared = next) {
		next = prepared->next;
		prepared_free(prepared);
	}
	hook_map_remove(&connections, connection->conn);
	free(connection);
}

void pq_connection_push(struct pq_connection *connection, struct lt_span *span)
{
	struct pq_pending *pending = calloc(1, sizeof(*pending));

	if (!pending) {
		lt_span_end(span);
		return;
	}
	pending->span = span;
	pending->has_parent =
		libpq_family.tracer && pthread_family.tracer && follow_current(&pending->parent);
	*connection->last = pending;
	connection->last = &pending->next;
}

void pq_connection_handle(struct pq_connection *connection)
{
	struct pq_pending *pending = connection->first;
	struct lt_span *parent =
		pending && pending->has_parent ? follow_span(&pending->parent) : NULL;

	if (!parent)
		return;
	completion_enter_result(parent);
	pending->parent.span = parent; /* for the next result */
}

void pq_connection_pop(struct pq_connection *connection)
{
	struct pq_pending *pending = connection->first;

	connection->first = pending->next;
	if (!connection->first)
		connection->last = &connection->first;
	database_end(pending->span, pending->code[0] ? pending->code : NULL,
		pending->code[0] ? pending->code : pending->error);
	if (pending->has_parent)
		follow_drop(&pending->parent);
	free(pending);
}

void pq_connection_fail(struct pq_connection *connection, const char *code, const char *error)
{
	struct pq_pending *pending = connection->first;

	if (pending->code[0] || pending->error)
		return;
	if (code)
		strncpy(pending->code, code, sizeof(pending->code) - 1);
	pending->error = error;
}

static struct pq_prepared **find(struct pq_prepared *const *link, const char *name)
{
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	return (struct pq_prepared **)(uintptr_t)link;
}

void pq_connection_prepare(
	struct pq_connection *connection, const char *name, const char *summary, const char *text)
{
	struct pq_prepared **link = find(&connection->prepared, name);
	struct pq_prepared *old = *link;

	if (old) {
		*link = old->next;
		prepared_free(old);
		connection->n_prepared--;
	}
	struct pq_prepared *added = connection->n_prepared < PQ_PREPARED_MAX
					    ? calloc(1, sizeof(*added) + strlen(name) + 1)
					    : NULL;
	if (!added)
		return;
	strcpy(added->name, name);
	added->summary = strdup(summary);
	added->text = text ? strdup(text) : NULL;
	added->next = connection->prepared;
	connection->prepared = added;
	connection->n_prepared++;
}

const struct pq_prepared *pq_connection_prepared(
	const struct pq_connection *connection, const char *name)
{
	return *find(&connection->prepared, name);
}
