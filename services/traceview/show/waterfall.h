/* SPDX-License-Identifier: Apache-2.0 */
/* waterfall.h - draws a trace in the terminal: a line for each span, with a bar on the timeline. */
#ifndef TRACEVIEW_WATERFALL_H
#define TRACEVIEW_WATERFALL_H

#include "base/buffer.h"
#include "store/trace.h"

struct waterfall_options {
	unsigned width; /* columns; fewer than WATERFALL_WIDTH_MIN are treated as that many */
	bool ascii;	/* nothing but ASCII */
	bool color;
};

#define WATERFALL_WIDTH_MIN 60
#define WATERFALL_WIDTH_MAX 1000

/**
 * Prints a trace; no span's line is longer than the width.
 * @param out  failures stick to it
 * @return 0 or -ENOMEM
 */
LT_CHECKED int waterfall_print(
	struct buffer *out, const struct trace *trace, const struct waterfall_options *options);

/** Prints a duration with three digits: "1.82 s", "300 ms", "4.05 µs", "2 m 5 s". */
void duration_print(struct buffer *out, uint64_t duration_ns, bool ascii);

#endif
