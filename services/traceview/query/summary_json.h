/* SPDX-License-Identifier: Apache-2.0 */
/* summary_json.h - writes summaries of traces, for lists: /api/v3/trace-summaries of Jaeger 2.19
 * and later.
 *
 * Source: docs/adr/010-trace-summary-api.md of Jaeger, and
 * cmd/jaeger/internal/extension/jaegerquery/internal/apiv3/snapshots/FindTraceSummaries.json
 */
#ifndef TRACEVIEW_SUMMARY_JSON_H
#define TRACEVIEW_SUMMARY_JSON_H

#include "base/json_writer.h"
#include "store/trace.h"

/**
 * Writes a trace as an element of "summaries".
 * @return 0 or -ENOMEM; the writer's buffer may have failed as well
 */
LT_CHECKED int summary_write_trace(struct json_writer *w, const struct trace *trace);

#endif
