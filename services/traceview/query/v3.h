/* SPDX-License-Identifier: Apache-2.0 */
/* v3.h - Jaeger's query API v3, in OTLP's JSON. */
#ifndef TRACEVIEW_QUERY_V3_H
#define TRACEVIEW_QUERY_V3_H

#include "query/common.h"

/* Each writes the answer to a query, or an error by query_error(); 0 or -ENOMEM. */
int v3_services(struct query *q);
int v3_operations(struct query *q);
int v3_traces(struct query *q);
int v3_trace(struct query *q);
int v3_trace_summaries(struct query *q);

/** The write_error of struct query. */
void v3_write_error(struct query *q, int status, const char *message);

#endif
