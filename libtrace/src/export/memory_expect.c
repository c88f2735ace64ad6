/* SPDX-License-Identifier: Apache-2.0 */
/* memory_expect.c - the spans of a memory exporter compared with a text; prints what differs. */
#include "util/encode_buffer.h"
#include "util/slice.h"

#include <libtrace/testing.h>
#include <stdio.h>
#include <stdlib.h>

#define SEPARATOR " | "
#define SKIPPED_MAX 1000 /* lines before the next that agrees; beyond, all that follow differ */

struct lines {
	struct lt_slice *items;
	size_t n;
};

/* --- lines and their parts ---------------------------------------------------------------- */

static struct lt_slice trim(struct lt_slice text)
{
	while (text.len && text.ptr[0] == ' ')
		text = (struct lt_slice){text.ptr + 1, text.len - 1};
	while (text.len && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* Cuts the text before the separator off the front of rest. */
static struct lt_slice take(struct lt_slice *rest, const char *separator)
{
	const char *end =
		rest->len ? memmem(rest->ptr, rest->len, separator, strlen(separator)) : NULL;
	struct lt_slice taken = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
	size_t n = taken.len + (end ? strlen(separator) : 0);

	*rest = (struct lt_slice){rest->ptr + n, rest->len - n};
	return taken;
}

/* Without empty lines; items is NULL when out of memory. */
static struct lines split(const char *text)
{
	struct lt_slice rest = lt_slice(text);
	struct lines lines = {calloc(rest.len + 1, sizeof(struct lt_slice)), 0};

	while (lines.items && rest.len) {
		struct lt_slice line = take(&rest, "\n");
		if (trim(line).len)
			lines.items[lines.n++] = line;
	}
	return lines;
}

static size_t depth_of(struct lt_slice line)
{
	size_t n = 0;
	while (n < line.len && line.ptr[n] == ' ')
		n++;
	return n / 2;
}

static bool starts_with(struct lt_slice text, struct lt_slice start)
{
	return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

/* --- one line with another ---------------------------------------------------------------- */

/* "ERROR" stands for any description, "event: x" for any attributes. */
static bool part_matches(struct lt_slice wanted, struct lt_slice part)
{
	if (!starts_with(part, wanted))
		return false;
	struct lt_slice more = {part.ptr + wanted.len, part.len - wanted.len};
	return more.len == 0 ||
	       (lt_slice_equal(wanted, lt_slice("ERROR")) && starts_with(more, lt_slice(": "))) ||
	       (starts_with(wanted, lt_slice("event: ")) && starts_with(more, lt_slice(" (")));
}

static bool has_part(struct lt_slice line, struct lt_slice wanted)
{
	take(&line, SEPARATOR); /* the name */
	while (line.len) {
		if (part_matches(wanted, trim(take(&line, SEPARATOR))))
			return true;
	}
	return false;
}

static bool is_kind_or_status(struct lt_slice part)
{
	static const char *const words[] = {
		"SERVER", "CLIENT", "PRODUCER", "CONSUMER", "OK", "ERROR"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (part_matches(lt_slice(words[i]), part))
			return true;
	}
	return false;
}

static bool line_matches(struct lt_slice expected, struct lt_slice recorded)
{
	struct lt_slice wanted = expected, found = recorded;

	if (depth_of(expected) != depth_of(recorded) ||
		!lt_slice_equal(trim(take(&wanted, SEPARATOR)), trim(take(&found, SEPARATOR))))
		return false;
	while (wanted.len) {
		struct lt_slice part = trim(take(&wanted, SEPARATOR));
		if (!lt_slice_equal(part, lt_slice("INTERNAL")) && !has_part(recorded, part))
			return false;
	}
	while (found.len) {
		struct lt_slice part = trim(take(&found, SEPARATOR)), word = part;
		word = take(&word, ":");
		if (is_kind_or_status(part) && !has_part(expected, part) &&
			!has_part(expected, word))
			return false;
	}
	return true;
}

/* --- all of them -------------------------------------------------------------------------- */

struct comparison {
	struct lines expected, recorded;
	struct lt_buffer diff;
	bool differ;
};

static void print_line(struct comparison *c, char sign, struct lt_slice line)
{
	c->differ |= sign != ' ';
	lt_buffer_printf(&c->diff, "%c %.*s\n", sign, (int)line.len, line.ptr);
}

/* How many lines of both are to be skipped until one matches, as few as possible. */
static void find_match(struct comparison *c, size_t at, size_t recorded_at, size_t *ret_skipped,
	size_t *ret_recorded_skipped)
{
	size_t n = c->expected.n - at, n_recorded = c->recorded.n - recorded_at;

	for (size_t both = 0; both < n + n_recorded && both < SKIPPED_MAX; both++) {
		for (size_t skipped = 0; skipped <= both; skipped++) {
			size_t recorded_skipped = both - skipped;
			if (skipped >= n || recorded_skipped >= n_recorded ||
				!line_matches(c->expected.items[at + skipped],
					c->recorded.items[recorded_at + recorded_skipped]))
				continue;
			*ret_skipped = skipped;
			*ret_recorded_skipped = recorded_skipped;
			return;
		}
	}
	*ret_skipped = n;
	*ret_recorded_skipped = n_recorded;
}

static void compare(struct comparison *c)
{
	size_t at = 0, recorded_at = 0, skipped, recorded_skipped;

	while (at < c->expected.n || recorded_at < c->recorded.n) {
		find_match(c, at, recorded_at, &skipped, &recorded_skipped);
		while (skipped--)
			print_line(c, '-', c->expected.items[at++]);
		while (recorded_skipped--)
			print_line(c, '+', c->recorded.items[recorded_at++]);
		if (at < c->expected.n && recorded_at < c->recorded.n) {
			print_line(c, ' ', c->expected.items[at++]);
			recorded_at++;
		}
	}
}

bool lt_exporter_memory_expect(struct lt_exporter *exporter, const char *expected)
{
	char *recorded = lt_exporter_memory_print(exporter);
	struct comparison c = {.expected = split(expected), .recorded = split(recorded)};
	bool is_complete = recorded && c.expected.items && c.recorded.items;

	if (is_complete)
		compare(&c);
	is_complete &= !c.diff.failed;
	if (!is_complete)
		fputs("spans: no memory to compare them\n", stderr);
	else if (c.differ)
		fprintf(stderr, "spans (- expected, + recorded):\n%.*s", (int)c.diff.len,
			c.diff.bytes);
	free(c.expected.items);
	free(c.recorded.items);
	lt_buffer_done(&c.diff);
	free(recorded);
	return is_complete && !c.differ;
}
