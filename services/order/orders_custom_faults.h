/* SPDX-License-Identifier: Apache-2.0 */
/* orders_custom_faults.h - what can be made to go wrong with orders that have spans: the faults of
 * orders_faults.h, and how they show in spans. */
#ifndef ORDER_ORDERS_CUSTOM_FAULTS_H
#define ORDER_ORDERS_CUSTOM_FAULTS_H

#include "orders.h"

/** As orders_faults_add(), which it calls. @param service  orders_custom()'s */
void orders_custom_faults_add(struct orders_service *service);

#endif
