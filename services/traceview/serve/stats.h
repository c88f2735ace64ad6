/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h - traceview's counters: received, rejected, evicted and refused.
 *
 * GET /metrics (Prometheus' text format) and GET /api/traceview/stats (JSON, for the page), both at
 * the query port.
 */
#ifndef TRACEVIEW_STATS_H
#define TRACEVIEW_STATS_H

#include "serve/receiver.h"

struct stats_source {
	const struct receiver *receiver;
	unsigned otlp_port;
	unsigned grpc_port;   /* 0: a build without gRPC */
	const char *send_url; /* a request of it makes a trace; NULL: not known */
};

/**
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
void stats_write_metrics(struct buffer *out, const struct stats_source *source);

/**
 * An object with these members:
 *
 *   version                              of traceview
 *   otlpPort, grpcPort                   numbers; grpcPort is null without gRPC
 *   maxTraces, maxBytes                  the store's limits
 *   traces, spans, bytes                 the current contents
 *   receivedSpans, repeatedSpans         since the start; repeated ones are counted in both
 *   rejectedSpans, lastRejection         and the reason of the last one ("" for none)
 *   evictedTraces, evictedSpans          evicted over a limit
 *   refusedRequests, lastRefusal         likewise whole requests
 *   notKeptRequests                      with metrics or logs
 *   sendUrl                              a request of it makes a trace; null: not known
 */
void stats_write_json(struct buffer *out, const struct stats_source *source);

#endif
