/* SPDX-License-Identifier: Apache-2.0 */
/* instrumentation.h - for those who write instrumentation of a library, such as the agent's hooks.
 */
#ifndef LIBTRACE_INSTRUMENTATION_H
#define LIBTRACE_INSTRUMENTATION_H

#include <libtrace/sdk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* While a thread suppresses instrumentation, what it does is nobody's span: an exporter's own
 * HTTP requests, say.  Calls nest. */
LT_API void lt_suppress_enter(void);
LT_API void lt_suppress_leave(void);

/** Whether this thread suppresses instrumentation: ask before you start a span or inject. */
LT_API bool lt_suppressed(void);

/** The time as spans tell it, in nanoseconds since 1970: for lt_span_end_at() and start_ns. */
LT_API uint64_t lt_clock_now_ns(void);

/**
 * Says something about tracing itself, as libtrace does: one line (no newline) to the report
 * handler, else to standard error as far as OTEL_LOG_LEVEL lets it pass.  What would harm a
 * terminal is replaced by question marks, and a line of more than 1,023 bytes is cut.
 *
 * Threads: any.  Never waits: a line for which standard error has no room is left out.  Raises no
 * SIGPIPE, and leaves errno as it is.
 */
LT_API void lt_report(enum lt_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
