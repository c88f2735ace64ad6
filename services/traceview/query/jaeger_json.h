/* SPDX-License-Identifier: Apache-2.0 */
/* jaeger_json.h - writes traces in the JSON of Jaeger's query API and page.
 *
 * Fields that OpenTelemetry has and Jaeger lacks become tags: span.kind, otel.status_code, error,
 * otel.scope.name and so on.
 *
 * Source: pkg/translator/jaeger/traces_to_jaegerproto.go of opentelemetry-collector-contrib, and
 * internal/uimodel of Jaeger 2.13, with which the answers were compared
 */
#ifndef TRACEVIEW_JAEGER_JSON_H
#define TRACEVIEW_JAEGER_JSON_H

#include "base/json_writer.h"
#include "store/trace.h"

/**
 * Writes a trace as one object of "data".
 * @return 0 or -ENOMEM; the writer's buffer may have failed as well
 */
LT_CHECKED int jaeger_write_trace(struct json_writer *w, const struct trace *trace);

/** jaeger_write_trace() without adjustments (adjust.h), for `raw=true`. */
LT_CHECKED int jaeger_write_raw_trace(struct json_writer *w, const struct trace *trace);

#endif
