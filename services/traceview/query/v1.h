/* SPDX-License-Identifier: Apache-2.0 */
/* v1.h - Jaeger's query API v1, which its page uses, in Jaeger's JSON. */
#ifndef TRACEVIEW_QUERY_V1_H
#define TRACEVIEW_QUERY_V1_H

#include "query/common.h"

/* Each writes the answer to a query, or an error by query_error(); 0 or -ENOMEM. */
int v1_services(struct query *q);
int v1_service_operations(struct query *q);
int v1_operations(struct query *q);
int v1_traces(struct query *q);
int v1_trace(struct query *q);
int v1_archive(struct query *q);

/** The write_error of struct query. */
void v1_write_error(struct query *q, int status, const char *message);

/** Begins an answer, up to what is in data.  @param open  "[", or NULL: data is null */
void v1_begin_data(struct query *q, const char *open);

/** Ends an answer without errors; returns 0, as handlers do.  @param close  "]", or NULL */
int v1_end_data(struct query *q, const char *close, long total);

#endif
