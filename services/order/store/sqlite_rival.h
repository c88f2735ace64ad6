/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_rival.h - a second writer, on a thread and a connection of its own, whose transactions are
 * slow: the cause of slow inserts, when it is wanted. */
#ifndef ORDER_SQLITE_RIVAL_H
#define ORDER_SQLITE_RIVAL_H

#include <stdint.h>

#include "order_store.h"

struct sqlite_rival;

/**
 * @param file        with the orders
 * @param lock_ms     how long each of its transactions takes; 0: it makes none; borrowed, may change
 * @param timeout_ms  its own longest wait for a lock
 * @param why         filled on failure
 * @return 0 or -Exxx
 */
int sqlite_rival_new(const char *file, const atomic_uint *lock_ms, unsigned timeout_ms,
	char why[ORDER_STORE_WHY_BYTES], struct sqlite_rival **ret_rival);

/** Ends its transaction, if it has one. NULL is fine. */
void sqlite_rival_free(struct sqlite_rival *rival);

/** Returns when it has the lock, cannot get it, or is to make no transaction. Threads: any, one at a time. */
void sqlite_rival_lock(struct sqlite_rival *rival);

#endif
