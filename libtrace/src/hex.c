/* SPDX-License-Identifier: Apache-2.0 */
/* hex.c - table-driven both ways: it runs for each header that is injected or extracted. */
#include "hex.h"

#include <string.h>

/* The two digits of each byte, one after the other. */
static const char pairs[512 + 1] =
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	"c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
	"e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

enum { IS_HEX = 0x10 };

/* Value of a lower-case hex digit, with IS_HEX; 0 for any other character. */
static const uint8_t values[256] = {['0'] = 0x10,
	['1'] = 0x11,
	['2'] = 0x12,
	['3'] = 0x13,
	['4'] = 0x14,
	['5'] = 0x15,
	['6'] = 0x16,
	['7'] = 0x17,
	['8'] = 0x18,
	['9'] = 0x19,
	['a'] = 0x1a,
	['b'] = 0x1b,
	['c'] = 0x1c,
	['d'] = 0x1d,
	['e'] = 0x1e,
	['f'] = 0x1f};

char *lt_hex_print(char *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		memcpy(out + 2 * i, pairs + 2 * (size_t)bytes[i], 2);
	return out + 2 * n;
}

bool lt_hex_parse(const char *text, uint8_t *bytes, size_t n)
{
	uint8_t are_hex = IS_HEX; /* looked at once, at the end: no branch a digit */
	for (size_t i = 0; i < n; i++) {
		uint8_t high = values[(uint8_t)text[2 * i]];
		uint8_t low = values[(uint8_t)text[2 * i + 1]];
		bytes[i] = (uint8_t)(high << 4 | (low & 0x0f));
		are_hex &= high & low;
	}
	return are_hex != 0;
}
