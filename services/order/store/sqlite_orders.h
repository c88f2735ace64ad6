/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_orders.h - a connection to a SQLite file with the table of orders. It blocks, and belongs to
 * one thread at a time. */
#ifndef ORDER_SQLITE_ORDERS_H
#define ORDER_SQLITE_ORDERS_H

#include <sqlite3.h>

#include "order_store.h"

struct sqlite_orders {
	sqlite3 *db;
	sqlite3_stmt *insert, *find;
};

/* A row, and why there is none. */
struct sqlite_order {
	int64_t number;
	long long qty;
	char item[ORDER_ITEM_MAX_BYTES + 1];
	char reason[ORDER_STORE_WHY_BYTES]; /* "" without an error */
};

/**
 * Opens the file, which is created with its table if there is none.
 * @param timeout_ms  the longest wait for a lock
 * @param why         filled on failure
 * @return 0 or -Exxx; sqlite_orders_close() is fine after either, and for all zero
 */
int sqlite_orders_open(struct sqlite_orders *orders, const char *file, unsigned timeout_ms,
	char why[ORDER_STORE_WHY_BYTES]);
void sqlite_orders_close(struct sqlite_orders *orders);

/**
 * Inserts an order, unless there is one with its key; it is on the disk then.
 * @param key      NULL: none
 * @param ret_row  the order that has this key now
 */
enum order_store_error sqlite_orders_insert(struct sqlite_orders *orders, const char *key,
	const char *item, long long qty, struct sqlite_order *ret_row);

enum order_store_error sqlite_orders_find(
	struct sqlite_orders *orders, int64_t number, struct sqlite_order *ret_row);

#endif
