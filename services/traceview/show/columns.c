/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c - prints untrusted text in a terminal. */
#include "show/columns.h"

#include "base/text.h"

#define ELLIPSIS "…"

struct glyph {
	const char *ptr;
	unsigned len;	/* bytes; 0: printed as a question mark */
	unsigned taken; /* bytes consumed */
	unsigned columns;
};

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t character, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

#define IS_IN(character, ranges) is_in(character, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/* Control characters, and those that change the direction of text. */
static const struct range harmful[] = {
	{0, 0x1f}, {0x7f, 0x9f}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};
/* Source: https://www.unicode.org/Public/15.0.0/ucd/EastAsianWidth.txt, W and F, in large blocks */
static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
	{0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
	{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff},
	{0x20000, 0x3fffd}};
static const struct range combining[] = {{0x300, 0x36f}, {0x200b, 0x200d}, {0xfe00, 0xfe0f}};

static uint32_t decode(const char *bytes, unsigned len)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t character = (uint8_t)bytes[0] & masks[len];
	for (unsigned i = 1; i < len; i++)
		character = character << 6 | ((uint8_t)bytes[i] & 0x3f);
	return character;
}

static struct glyph next_glyph(struct lt_slice text, bool ascii)
{
	unsigned len = utf8_length(text.ptr, text.len);
	if (!len)
		return (struct glyph){NULL, 0, 1, 1};
	uint32_t character = decode(text.ptr, len);
	if (IS_IN(character, harmful) || (ascii && len > 1))
		return (struct glyph){NULL, 0, len, 1};
	unsigned columns = IS_IN(character, combining) ? 0 : IS_IN(character, wide) ? 2 : 1;
	return (struct glyph){text.ptr, len, len, columns};
}

static void skip(struct lt_slice *text, size_t n)
{
	text->ptr += n;
	text->len -= n;
}

unsigned columns_of(struct lt_slice text, bool ascii)
{
	unsigned columns = 0;
	while (text.len) {
		struct glyph glyph = next_glyph(text, ascii);
		columns += glyph.columns;
		skip(&text, glyph.taken);
	}
	return columns;
}

unsigned columns_put_up_to(struct buffer *out, struct lt_slice text, unsigned n, bool ascii)
{
	unsigned columns = 0;
	bool fits = columns_of(text, ascii) <= n;
	unsigned room = fits ? n : n - (n > 0); /* one column for the ellipsis */
	while (text.len) {
		struct glyph glyph = next_glyph(text, ascii);
		if (columns + glyph.columns > room)
			break;
		buffer_put(out, glyph.len ? glyph.ptr : "?", glyph.len ? glyph.len : 1);
		columns += glyph.columns;
		skip(&text, glyph.taken);
	}
	if (!fits && n) {
		buffer_puts(out, ascii ? "~" : ELLIPSIS);
		columns++;
	}
	return columns;
}

void columns_put(struct buffer *out, struct lt_slice text, unsigned n, bool ascii)
{
	columns_pad(out, n - columns_put_up_to(out, text, n, ascii));
}

void columns_pad(struct buffer *out, unsigned n)
{
	while (n--)
		buffer_put(out, " ", 1);
}
