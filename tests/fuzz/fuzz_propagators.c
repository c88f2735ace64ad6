/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_propagators.c - headers from strangers, "name: value" a line, in every format: what is taken
 * is sent on in a form that is read again as the same. */
#include "fuzz.h"

#include <libtrace/propagation.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define LINES_MAX 16

struct headers {
	const char *text; /* not NUL-terminated; read where lines is empty */
	size_t len;
	char lines[LINES_MAX][LT_BAGGAGE_MAX_BYTES + 64];
	size_t n;
};

static bool match(struct lt_slice line, const char *key, struct lt_slice *ret_value)
{
	size_t len = strlen(key);
	if (line.len < len + 2 || strncasecmp(line.ptr, key, len) != 0 || line.ptr[len] != ':')
		return false;
	*ret_value = (struct lt_slice){line.ptr + len + 2, line.len - len - 2};
	return true;
}

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const struct headers *headers = carrier;
	for (size_t i = 0; i < headers->n; i++)
		if (match(lt_slice(headers->lines[i]), key, ret_value) && index-- == 0)
			return true;
	for (const char *p = headers->text, *end = p + headers->len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);
		if (match((struct lt_slice){p, len}, key, ret_value) && index-- == 0)
			return true;
		p += len + 1;
	}
	return false;
}

static int set(void *carrier, const char *key, const char *value)
{
	struct headers *headers = carrier;
	for (const char *c = value; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			abort();
	if (headers->n == LINES_MAX || strlen(value) > LT_BAGGAGE_MAX_BYTES)
		abort();
	snprintf(headers->lines[headers->n++], sizeof(headers->lines[0]), "%s: %s", key, value);
	return 0;
}

static bool slices_equal(struct lt_slice a, struct lt_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Encoded it may have become too long, and lost members: none may have changed. */
static void compare(const struct lt_baggage *sent, const struct lt_baggage *read)
{
	size_t j = 0;
	for (size_t i = 0; i < lt_baggage_count(read); i++, j++) {
		const struct lt_baggage_member *member = lt_baggage_member(read, i), *original;
		while ((original = lt_baggage_member(sent, j)) &&
			!slices_equal(original->key, member->key))
			j++;
		if (!original || !slices_equal(original->value, member->value) ||
			!slices_equal(original->metadata, member->metadata))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lt_carrier_impl impl = {get, set};
	static struct headers out = {.text = ""};
	struct headers in = {.text = (const char *)data, .len = size};
	struct lt_span_context context, again;
	struct lt_baggage *baggage, *read;
	if (size == 0)
		return 0;
	setenv("OTEL_PROPAGATORS", "tracecontext,baggage,b3,b3multi,jaeger", 1);
	int err = lt_extract_with_baggage(&impl, &in, &context, &baggage);
	if (err)
		memset(&context, 0, sizeof(context));
	out.n = 0;
	lt_inject_with_baggage(&impl, &out, &context, baggage);
	if (lt_extract_with_baggage(&impl, &out, &again, &read) != (err ? -2 : 0) /* ENOENT */)
		abort();
	if (!err && (memcmp(context.trace_id, again.trace_id, 16) ||
			    memcmp(context.span_id, again.span_id, 8) ||
			    ((context.flags ^ again.flags) & LT_FLAG_SAMPLED)))
		abort();
	compare(baggage, read);
	lt_baggage_release(baggage);
	lt_baggage_release(read);
	return 0;
}
