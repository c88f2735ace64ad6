/* SPDX-License-Identifier: Apache-2.0 */
/* go_text.h - prints durations and times like Go, for Jaeger's warnings. */
#ifndef TRACEVIEW_QUERY_GO_TEXT_H
#define TRACEVIEW_QUERY_GO_TEXT_H

#include "base/buffer.h"

/** Like time.Duration's String(): "-55ms", "1.5s", "1h0m2s", "0s". */
void go_print_duration(struct buffer *out, int64_t duration_ns);

/** Like time.Time's String() in UTC: "2026-11-28 06:45:46.000000001 +0000 UTC". */
void go_print_time(struct buffer *out, uint64_t time_ns);

#endif
