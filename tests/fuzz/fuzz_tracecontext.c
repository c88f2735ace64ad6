/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_tracecontext.c - untrusted headers: the first line is traceparent, the others tracestate. */
#include "fuzz.h"

#include <libtrace/propagation.h>
#include <stdlib.h>
#include <strings.h>

struct lines {
	const char *text;
	size_t len;
};

/* Line 0 is the only traceparent, line n + 1 the n-th tracestate. */
static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const struct lines *lines = carrier;
	bool is_parent = strcasecmp(key, "traceparent") == 0;
	if (is_parent && index > 0)
		return false;
	size_t wanted = is_parent ? 0 : index + 1;
	const char *line = lines->text, *end = lines->text + lines->len;
	for (; wanted > 0; wanted--) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			return false;
		line = newline + 1;
	}
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	*ret_value = (struct lt_slice){line, (size_t)((newline ? newline : end) - line)};
	return true;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static int set(void *carrier, const char *key, const char *value)
{
	/* What is sent on must be what we would accept. */
	if (strcmp(key, "traceparent") == 0) {
		struct lt_span_context context;
		if (lt_traceparent_parse(lt_slice(value), &context) != 0)
			abort();
	} else if (strlen(value) > LT_TRACESTATE_MAX || !is_printable(value)) {
		abort();
	}
	return 0;
}

/* All of it as the tracestate of a context that a program has filled by hand. */
static void inject_by_hand(
	const struct lt_carrier_impl *impl, struct lines *lines, const uint8_t *data, size_t size)
{
	struct lt_span_context context = {.trace_id = {1}, .span_id = {1}};
	size_t max = sizeof(context.tracestate); /* also without its NUL */
	memcpy(context.tracestate, data, size < max ? size : max);
	lt_inject(impl, lines, &context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lt_carrier_impl impl = {get, set};
	struct lines lines = {(const char *)data, size};
	struct lt_span_context remote;
	if (size && lt_extract(&impl, &lines, &remote) == 0)
		lt_inject(&impl, &lines, &remote);
	inject_by_hand(&impl, &lines, data, size);
	return 0;
}
