/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_orders.h"

#include <errno.h>
#include <stdio.h>

/* With a write-ahead log readers and the writer do not wait for each other; FULL: what is committed
 * outlives the machine's power, too. Numbers are never used again. */
static const char setup[] = "PRAGMA journal_mode = WAL;"
			    "PRAGMA synchronous = FULL;"
			    "CREATE TABLE IF NOT EXISTS orders("
			    "number INTEGER PRIMARY KEY AUTOINCREMENT,"
			    "key TEXT UNIQUE,"
			    "item TEXT NOT NULL,"
			    "qty INTEGER NOT NULL,"
			    "created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)";

/* The update changes nothing: without it an insert of a known key returns no row. */
static const char insert[] = "INSERT INTO orders(key, item, qty) VALUES (?, ?, ?) "
			     "ON CONFLICT(key) DO UPDATE SET key = excluded.key "
			     "RETURNING number, item, qty";

static const char find[] = "SELECT number, item, qty FROM orders WHERE number = ?";

static int fail(struct sqlite_orders *orders, char why[ORDER_STORE_WHY_BYTES])
{
	snprintf(why, ORDER_STORE_WHY_BYTES, "cannot be opened: %s",
		orders->db ? sqlite3_errmsg(orders->db) : "out of memory");
	return -EIO;
}

int sqlite_orders_open(struct sqlite_orders *orders, const char *file, unsigned timeout_ms,
	char why[ORDER_STORE_WHY_BYTES])
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(file, &orders->db, flags, NULL) != SQLITE_OK ||
		sqlite3_busy_timeout(orders->db, (int)timeout_ms) != SQLITE_OK ||
		sqlite3_exec(orders->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(orders->db, insert, -1, &orders->insert, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(orders->db, find, -1, &orders->find, NULL) != SQLITE_OK)
		return fail(orders, why);
	return 0;
}

void sqlite_orders_close(struct sqlite_orders *orders)
{
	sqlite3_finalize(orders->insert);
	sqlite3_finalize(orders->find);
	sqlite3_close(orders->db);
}

static enum order_store_error error_of(int result)
{
	switch (result & 0xff) { /* without an extended code */
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ORDER_STORE_BUSY;
	case SQLITE_FULL:
		return ORDER_STORE_FULL;
	default:
		return ORDER_STORE_UNAVAILABLE;
	}
}

static void read_row(sqlite3_stmt *statement, struct sqlite_order *ret_row)
{
	const unsigned char *item = sqlite3_column_text(statement, 1);

	ret_row->number = sqlite3_column_int64(statement, 0);
	snprintf(ret_row->item, sizeof(ret_row->item), "%s", item ? (const char *)item : "");
	ret_row->qty = sqlite3_column_int64(statement, 2);
}

/* Executes a statement that returns one row, or none. */
static enum order_store_error execute(
	struct sqlite_orders *orders, sqlite3_stmt *statement, struct sqlite_order *ret_row)
{
	enum order_store_error error = ORDER_STORE_NOT_FOUND;
	int result = sqlite3_step(statement);

	ret_row->reason[0] = '\0';
	if (result == SQLITE_ROW) {
		read_row(statement, ret_row);
		error = ORDER_STORE_OK;
		result = sqlite3_step(statement); /* commits */
	}
	if (result != SQLITE_DONE) {
		error = error_of(result);
		snprintf(
			ret_row->reason, sizeof(ret_row->reason), "%s", sqlite3_errmsg(orders->db));
	}
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return error;
}

enum order_store_error sqlite_orders_insert(struct sqlite_orders *orders, const char *key,
	const char *item, long long qty, struct sqlite_order *ret_row)
{
	/* Bound as they are: they outlive the execution. */
	if (key)
		sqlite3_bind_text(orders->insert, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(orders->insert, 2, item, -1, SQLITE_STATIC);
	sqlite3_bind_int64(orders->insert, 3, qty);
	return execute(orders, orders->insert, ret_row);
}

enum order_store_error sqlite_orders_find(
	struct sqlite_orders *orders, int64_t number, struct sqlite_order *ret_row)
{
	sqlite3_bind_int64(orders->find, 1, number);
	return execute(orders, orders->find, ret_row);
}
