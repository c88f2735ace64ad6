/* SPDX-License-Identifier: Apache-2.0 */
/* go_text.h - durations and times as Go prints them: Jaeger's warnings hold them. */
#ifndef TRACEVIEW_QUERY_GO_TEXT_H
#define TRACEVIEW_QUERY_GO_TEXT_H

#include "base/buffer.h"

/** As time.Duration prints itself: "-55ms", "1.5s", "1h0m2s", "0s". */
void go_print_duration(struct buffer *out, int64_t duration_ns);

/** As time.Time prints itself in UTC: "2026-11-28 06:45:46.000000001 +0000 UTC". */
void go_print_time(struct buffer *out, uint64_t time_ns);

#endif
