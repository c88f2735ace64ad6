/* SPDX-License-Identifier: Apache-2.0 */
/* away.h - the fault collector-away (faults.h): exports are refused as while a collector restarts. */
#ifndef TRACEVIEW_AWAY_H
#define TRACEVIEW_AWAY_H

#include "serve/receiver.h"

/** Adds the fault to those of the process, once, before the receiver is used. */
void away_add(struct receiver *receiver);

#endif
