/* SPDX-License-Identifier: Apache-2.0 */
/* instrumentation.h - for authors of instrumentation, such as the agent's hooks. */
#ifndef LIBTRACE_INSTRUMENTATION_H
#define LIBTRACE_INSTRUMENTATION_H

#include <libtrace/sdk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* While a thread suppresses instrumentation, its spans are NULL, and instrumentation must inject
 * nothing: for an exporter's own HTTP requests, say.  Calls nest. */
LT_API void lt_suppress_enter(void);
LT_API void lt_suppress_leave(void);

/** Whether this thread suppresses instrumentation: to be checked before a context is injected. */
LT_API bool lt_suppressed(void);

/** The clock of spans, in nanoseconds since 1970: for lt_span_end_at() and start_ns. */
LT_API uint64_t lt_clock_now_ns(void);

/**
 * Reports a problem of tracing itself: one line (no newline) to the report handler, else to
 * standard error if OTEL_LOG_LEVEL allows the level. Control characters become question marks, and
 * a line of more than 1,023 bytes is cut.
 *
 * Threads: any. Never blocks: a line for which standard error has no room is dropped. Raises no
 * SIGPIPE and preserves errno.
 */
LT_API void lt_report(enum lt_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
