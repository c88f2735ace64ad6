/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - finds the file of the page for a path. */
#include "serve/page.h"

static bool is(struct lt_slice path, const char *text)
{
	return path.len == strlen(text) && memcmp(path.ptr, text, path.len) == 0;
}

/* One segment below /trace/: the page itself looks for the trace, or for two to compare. */
static bool is_trace(struct lt_slice path)
{
	static const char prefix[] = "/trace/";
	size_t n = sizeof(prefix) - 1;
	return path.len > n && memcmp(path.ptr, prefix, n) == 0 &&
	       !memchr(path.ptr + n, '/', path.len - n);
}

static const struct page_file *find(struct lt_slice path)
{
	for (const struct page_file *file = page_files; file->path; file++) {
		if (is(path, file->path))
			return file;
	}
	return NULL;
}

const struct page_file *page_index(void)
{
	return find(lt_slice("/ui/index.html"));
}

const struct page_file *page_find(struct lt_slice path)
{
	if (is(path, "/") || is(path, "/search") || is(path, "/dependencies") || is_trace(path))
		return page_index();
	return find(path);
}
