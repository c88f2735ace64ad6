/* SPDX-License-Identifier: Apache-2.0 */
/* waterfall.h - draws a trace in the terminal: a line for each span, with a bar on the timeline. */
#ifndef TRACEVIEW_WATERFALL_H
#define TRACEVIEW_WATERFALL_H

#include "show/look.h"
#include "store/trace.h"

/**
 * Prints a trace; no span's line is longer than the width.
 * @param out  failures stick to it
 * @return 0 or -ENOMEM
 */
LT_CHECKED int waterfall_print(
	struct buffer *out, const struct trace *trace, const struct look *options);

#endif
