/* SPDX-License-Identifier: Apache-2.0 */
/* v3_json.h - traces as OTLP's own JSON, which Jaeger's query API v3 answers with.
 *
 * Kind and status are numbers and ids hex, as Jaeger 2.13 to 2.21 write them.
 */
#ifndef TRACEVIEW_V3_JSON_H
#define TRACEVIEW_V3_JSON_H

#include "base/json_writer.h"
#include "store/trace.h"

/**
 * Writes a trace as elements of "resourceSpans".
 * @return 0 or -ENOMEM; also look at the writer's buffer
 */
LT_CHECKED int v3_write_trace(struct json_writer *w, const struct trace *trace);

#endif
