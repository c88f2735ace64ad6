/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the page's files, built into the program by page/embed.py. */
#ifndef TRACEVIEW_PAGE_H
#define TRACEVIEW_PAGE_H

#include <libtrace/trace.h>

struct page_file {
	const char *path; /* in a URL */
	const char *type; /* Content-Type */
	const char *etag; /* with its quotes */
	const unsigned char *data;
	size_t len;
};

/* Generated; the last entry has no path. */
extern const struct page_file page_files[];

/**
 * Finds the file for a path: its own, or the page for "/", "/search", "/dependencies" and "/trace/{id}".
 * @return NULL when there is none
 */
const struct page_file *page_find(struct lt_slice path);

/** The page itself, which says so when there is nothing at a path. */
const struct page_file *page_index(void);

#endif
