/* SPDX-License-Identifier: Apache-2.0 */
/* trace_line.h - prints a trace in one line, or in two in a narrow terminal. */
#ifndef TRACEVIEW_TRACE_LINE_H
#define TRACEVIEW_TRACE_LINE_H

#include "show/look.h"
#include "store/trace.h"

/** Appends "TRACE_ID  TIME  DURATION  SPANS  ERRORS  SERVICE: NAME", within the width. */
void trace_line_print(struct buffer *out, const struct trace *trace, const struct look *look);

/** The names of its columns. */
void trace_line_print_header(struct buffer *out, const struct look *look);

#endif
