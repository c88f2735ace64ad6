/* SPDX-License-Identifier: Apache-2.0 */
/* orders_wrap.h - for faults: adds to a service that has not started what it was not made for. */
#ifndef ORDER_ORDERS_WRAP_H
#define ORDER_ORDERS_WRAP_H

#include "orders.h"

/** Makes room for an object of each order's, zero at first.
 * @return where it is in order->extra, behind what was there before; aligned for any type */
size_t orders_wrap_extra(struct orders_service *service, size_t size);

/** Replaces what is called before the insert.
 * @param steps       the service's from now on, a copy, borrowed for good
 * @param ret_before  what was called until now */
void orders_wrap_insert(struct orders_service *service, struct order_step steps[ORDER_STEPS_MAX],
	void (*begin)(struct order *order), void (**ret_before)(struct order *order));

#endif
