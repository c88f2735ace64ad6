/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - /api/metrics/..., answered like a Jaeger without metrics storage. */
#ifndef TRACEVIEW_QUERY_METRICS_H
#define TRACEVIEW_QUERY_METRICS_H

#include "query/common.h"

/* Each writes an error: 400 for a malformed parameter, else 501; 0 or -ENOMEM. */
int metrics_minstep(struct query *q);
int metrics_rates(struct query *q); /* calls, errors */
int metrics_latencies(struct query *q);

#endif
