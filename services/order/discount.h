/* SPDX-License-Identifier: Apache-2.0 */
/* discount.h - what a customer gets off an order for those before it.  Computed with the fault
 * slow-discount only (orders_discount.h). */
#ifndef ORDER_DISCOUNT_H
#define ORDER_DISCOUNT_H

#include "orders.h"

struct discount; /* one that is being computed */

/**
 * Begins to compute the discount on an order. No thread waits for it: the history is read order by
 * order, by timers of this thread's loop.
 *
 * @param customer  borrowed until this returns; may be empty
 * @param done      called later, with per cent
 * @return in the memory of the order's request, until done is called or discount_cancel()
 */
struct discount *discount_begin(struct order *order, h2o_iovec_t customer,
	void (*done)(struct order *order, unsigned percent));

/** Ends it without a result. */
void discount_cancel(struct discount *discount);

/* To be called on each thread before and after. */
void discount_start_thread(h2o_loop_t *loop);
void discount_stop_thread(void);

#endif
