/* SPDX-License-Identifier: Apache-2.0 */
/* gateway_faults.h - what can be made to go wrong on the way to the order service (faults.h). */
#ifndef GATEWAY_GATEWAY_FAULTS_H
#define GATEWAY_GATEWAY_FAULTS_H

#include "gateway.h"

/** checkout() with the faults that are switched on, for the request or for all. A request's FAULT_HEADER
 * is sent on. */
extern const struct gateway_faults_impl gateway_faults;

#endif
