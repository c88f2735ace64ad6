/* SPDX-License-Identifier: Apache-2.0 */
/* pg_locker.h - why an insert may be slow: a second session that has the table locked.
 *
 * It has the lock before an insert comes, keeps it for a while from the first insert on that waits, and
 * takes it again. Of all services on one database one does so at a time.
 */
#ifndef ORDER_PG_LOCKER_H
#define ORDER_PG_LOCKER_H

#include "pg_pool.h"

struct pg_locker;

/** @param like  settings of the pool whose table it locks. @return 0 or -Exxx */
int pg_locker_open(const struct pg_settings *like, h2o_loop_t *loop, unsigned lock_ms,
	struct pg_locker **ret_locker);

/** The lock is gone within a second. NULL is fine. */
void pg_locker_close(struct pg_locker *locker);

#endif
