/* SPDX-License-Identifier: Apache-2.0 */
/* hex.h - ids in hexadecimal. */
#ifndef TRACEVIEW_HEX_H
#define TRACEVIEW_HEX_H

#include <libtrace/trace.h>

/** Prints n bytes as 2n lower-case digits and a NUL; returns text. */
char *hex_print(const uint8_t *bytes, size_t n, char *text);

/** Reads exactly 2n digits of either case; false, with bytes undefined, for anything else. */
bool hex_parse(struct lt_slice text, uint8_t *bytes, size_t n);

#endif
