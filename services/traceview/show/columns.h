/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - prints untrusted text in a terminal: sanitized, measured, cut. */
#ifndef TRACEVIEW_COLUMNS_H
#define TRACEVIEW_COLUMNS_H

#include "base/buffer.h"

/** The columns that text takes when columns_put() prints all of it. */
unsigned columns_of(struct lt_slice text, bool ascii);

/**
 * Appends text in exactly n columns: padded with spaces, or cut with an ellipsis. Control
 * characters (and, with ascii, all that is not ASCII) become question marks: a span's name must not
 * control the terminal.
 */
void columns_put(struct buffer *out, struct lt_slice text, unsigned n, bool ascii);

/** The same without padding; returns the columns taken. */
unsigned columns_put_up_to(struct buffer *out, struct lt_slice text, unsigned n, bool ascii);

/** Appends n spaces. */
void columns_pad(struct buffer *out, unsigned n);

#endif
