/* SPDX-License-Identifier: Apache-2.0 */
/* orders_faults.h - what can be made to go wrong with orders (faults.h). */
#ifndef ORDER_ORDERS_FAULTS_H
#define ORDER_ORDERS_FAULTS_H

#include "faults.h"
#include "orders.h"

/** Adds the faults to a service that has not started; the last to change it. */
void orders_faults_add(struct orders_service *service);

/** Whether an order is going to fail by a fault; known once it is received. */
bool orders_faults_fails(const struct order *order);

#endif
