/* SPDX-License-Identifier: Apache-2.0 */
/* orders_custom.h - orders with spans of their own, check_inventory and insert_order_record,
 * children of the request's span, and with log lines that carry the ids of the current span. */
#ifndef ORDER_ORDERS_CUSTOM_H
#define ORDER_ORDERS_CUSTOM_H

#include "orders.h"

/** A service with these orders; name is borrowed forever. */
struct orders_service orders_custom(const char *name);

#endif
