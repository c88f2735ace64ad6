/* SPDX-License-Identifier: Apache-2.0 */
/* dependencies.h - the calls between services, in both versions of the query API. */
#ifndef TRACEVIEW_QUERY_DEPENDENCIES_H
#define TRACEVIEW_QUERY_DEPENDENCIES_H

#include "query/common.h"

/**
 * `endTs` (default: now) and `lookback` (default: a day) are milliseconds; `service`: only calls
 * from or to it.
 */
int v1_dependencies(struct query *q);

/** `startTime` and `endTime`, both required, are in RFC 3339. In Jaeger since 2.21. */
int v3_dependencies(struct query *q);

#endif
