/* SPDX-License-Identifier: Apache-2.0 */
/* orders_custom.h - orders with spans of their own, check_inventory and insert_order_record, below
 * whatever span the request came in with, and with log lines that name the span they were written
 * in. */
#ifndef ORDER_ORDERS_CUSTOM_H
#define ORDER_ORDERS_CUSTOM_H

#include "orders.h"

/** A service with these orders; name is borrowed for good. */
struct orders_service orders_custom(const char *name);

#endif
