/* SPDX-License-Identifier: Apache-2.0 */
/* details.h - a span's attributes, links and events, a line each. */
#ifndef TRACEVIEW_DETAILS_H
#define TRACEVIEW_DETAILS_H

#include "show/look.h"
#include "store/trace.h"

/**
 * Prints what the options ask for; no line is longer than the width.
 * @param start_ns  of the trace: events are told from it
 * @param indent    columns before each line; it gives way when the width is small
 * @return 0 or -ENOMEM
 */
LT_CHECKED int details_print(struct buffer *out, const struct record *record, uint64_t start_ns,
	const struct look *options, unsigned indent);

#endif
