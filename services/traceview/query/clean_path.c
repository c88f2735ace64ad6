/* SPDX-License-Identifier: Apache-2.0 */
/* clean_path.c - normalises a path. */
#include "query/clean_path.h"

#include "otlp/model.h"

static bool is(struct lt_slice segment, const char *text)
{
	return slice_equal(segment, lt_slice(text));
}

static void drop_last(struct buffer *out)
{
	while (out->len && out->data[--out->len] != '/')
		continue;
}

bool clean_path(struct lt_slice path, struct buffer *out)
{
	struct lt_slice segment;
	for (size_t at = 0; at < path.len; at += segment.len + 1) {
		const char *slash = memchr(path.ptr + at, '/', path.len - at);
		size_t end = slash ? (size_t)(slash - path.ptr) : path.len;
		segment = (struct lt_slice){path.ptr + at, end - at};
		if (!segment.len || is(segment, "."))
			continue;
		if (is(segment, "..")) {
			drop_last(out);
			continue;
		}
		buffer_puts(out, "/");
		buffer_put(out, segment.ptr, segment.len);
	}
	if (!out->len || path.ptr[path.len - 1] == '/')
		buffer_puts(out, "/");
	return out->failed || slice_equal(buffer_slice(out), path);
}
