/* SPDX-License-Identifier: Apache-2.0 */
/* hex.c - table-driven both ways: it runs for each header that is injected or extracted. */
#include "hex.h"

static const char digits[] = "0123456789abcdef";

/* Value of a digit plus one; 0: not a lower-case hex digit. */
static const uint8_t values[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
};

char *lt_hex_print(char *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	return out;
}

bool lt_hex_parse(const char *text, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t high = values[(uint8_t)text[2 * i]];
		uint8_t low = values[(uint8_t)text[2 * i + 1]];
		if (!high || !low)
			return false;
		bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return true;
}
