/* SPDX-License-Identifier: Apache-2.0 */
/* look.h - options of the terminal output, and durations in it. */
#ifndef TRACEVIEW_LOOK_H
#define TRACEVIEW_LOOK_H

#include "base/buffer.h"

struct look {
	unsigned width; /* columns; fewer than LOOK_WIDTH_MIN are treated as that many */
	bool ascii;	/* nothing but ASCII */
	bool color;
	bool attributes; /* below each span: its attributes and links */
	bool events;	 /* below each span: its events */
};

#define LOOK_WIDTH_MIN 40
#define LOOK_WIDTH_MAX 1000

/** Prints a duration with three digits: "1.82 s", "300 ms", "4.05 µs", "2 m 5 s". */
void duration_print(struct buffer *out, uint64_t duration_ns, bool ascii);

#endif
