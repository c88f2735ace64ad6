/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_head.c - a request's head, cut anywhere.  What is made of it is the same in pieces as at once, and
 * a good one ends with an empty line and has one way to read its body's length. */
#include "fuzz.h"
#include "http_head.h"

#include <stdlib.h>
#include <string.h>

/* As it arrives: more bytes each time. */
static struct http_head read_in_steps(const char *bytes, size_t n, size_t step)
{
	struct http_head head = {0};
	size_t seen = 0;
	for (size_t have = step; have < n; have += step) {
		head = http_head_read(bytes, have, seen);
		if (head.len || head.status)
			return head;
		seen = have;
	}
	return http_head_read(bytes, n, seen);
}

static void check(const char *bytes, size_t n, struct http_head head)
{
	if (head.status && (head.len || !head.code || !head.message))
		abort();
	if (!head.status && head.len && (head.len > n || bytes[head.len - 1] != '\n'))
		abort();
	if (!head.has_body && head.body_len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of its own size, so that a byte read behind it is found. */
	char *bytes = malloc(size ? size : 1);
	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	struct http_head whole = http_head_read(bytes, size, 0);
	check(bytes, size, whole);
	for (size_t step = 1; step <= 16; step = step * 2 + 1) {
		struct http_head pieces = read_in_steps(bytes, size, step);
		check(bytes, size, pieces);
		/* A first byte that is no HTTP is refused before the rest comes. */
		if (whole.len && (pieces.len != whole.len || pieces.has_body != whole.has_body ||
					 pieces.body_len != whole.body_len))
			abort();
		if (!whole.len && pieces.len)
			abort();
	}
	free(bytes);
	return 0;
}
