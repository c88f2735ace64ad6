/* SPDX-License-Identifier: Apache-2.0 */
/* id_hex.h - ids as lower-case hex digits and back. */
#ifndef LT_ID_HEX_H
#define LT_ID_HEX_H

#include <libtrace/trace.h>

/** Writes 2 * n digits, no NUL; returns the byte after them. */
char *lt_hex_print(char *out, const uint8_t *bytes, size_t n);

/** Writes the 32 digits of a trace id and the 16 of a span's, no NUL. */
void lt_hex_print_ids(char *trace_digits, char *span_digits, const uint8_t trace_id[16],
	const uint8_t span_id[8]);

/** Reads 2 * n lower-case digits; false, with bytes undefined, for any other character. */
bool lt_hex_parse(const char *text, uint8_t *bytes, size_t n);

/** The same for 1 to 2 * n digits of either case, at most LT_HEX_PADDED_MAX, the leading ones zero
 * where they are left out; bytes untouched on failure. */
bool lt_hex_parse_padded(struct lt_slice text, uint8_t *bytes, size_t n);
#define LT_HEX_PADDED_MAX 32

#endif
