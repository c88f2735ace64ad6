/* SPDX-License-Identifier: Apache-2.0 */
/* details.h - prints a span's attributes, links and events, a line each. */
#ifndef TRACEVIEW_DETAILS_H
#define TRACEVIEW_DETAILS_H

#include "show/look.h"
#include "store/trace.h"

/**
 * Prints the details selected by the options; no line is longer than the width.
 * @param start_ns  of the trace; times of events are relative to it
 * @param indent    columns before each line; reduced when the width is small
 * @return 0 or -ENOMEM
 */
LT_CHECKED int details_print(struct buffer *out, const struct record *record, uint64_t start_ns,
	const struct look *options, unsigned indent);

#endif
