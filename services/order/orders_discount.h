/* SPDX-License-Identifier: Apache-2.0 */
/* orders_discount.h - the fault slow-discount: a discount is computed before an order's insert, in
 * code without a span, and takes long for some customers. */
#ifndef ORDER_ORDERS_DISCOUNT_H
#define ORDER_ORDERS_DISCOUNT_H

#include "orders.h"

/** Adds the fault to a service of orders with spans (orders_spans.h), the others already added. */
void orders_discount_add(struct orders_service *service);

#endif
