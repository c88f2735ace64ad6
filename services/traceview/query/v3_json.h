/* SPDX-License-Identifier: Apache-2.0 */
/* v3_json.h - writes traces in OTLP's JSON, the format of Jaeger's query API v3.
 *
 * Kind and status are numbers and ids hex, as Jaeger 2.13 to 2.21 write them.
 */
#ifndef TRACEVIEW_V3_JSON_H
#define TRACEVIEW_V3_JSON_H

#include "base/json_writer.h"
#include "store/trace.h"

/**
 * Writes a trace as elements of "resourceSpans".
 * @return 0 or -ENOMEM; the writer's buffer may have failed as well
 */
LT_CHECKED int v3_write_trace(struct json_writer *w, const struct trace *trace);

#endif
