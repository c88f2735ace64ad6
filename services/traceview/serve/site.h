/* SPDX-License-Identifier: Apache-2.0 */
/* site.h - the paths of the query port, and which other server its page may ask. */
#ifndef TRACEVIEW_SITE_H
#define TRACEVIEW_SITE_H

#include "base/buffer.h"
#include "serve/page.h"

#define SITE_BASE_BYTES 256 /* of a path prefix, with its NUL */
#define SITE_POLICY_BYTES 1024

struct site {
	char base[SITE_BASE_BYTES];	/* "" or such as "/jaeger" */
	const char *hosts;		/* borrowed; names separated by commas, "*": any */
	char *send_url;			/* what the page requests to make a trace; NULL: unknown */
	char policy[SITE_POLICY_BYTES]; /* Content-Security-Policy */
	struct buffer index;		/* the page, with its links below base */
	bool has_faults;		/* below base: those of faults.h */
};

/** @return 0 or -ENOMEM; to be freed by site_done() */
LT_CHECKED int site_init(struct site *site);
void site_done(struct site *site);

/**
 * Sets the prefix of all paths.
 * @param base  "" and "/": none; else "/" and segments of letters, digits, - . _ ~
 * @return whether it is one
 */
bool site_set_base(struct site *site, const char *base);

/**
 * Sets the shop's gateway, whose /checkout the page may request.
 * @param url  such as "http://localhost:8000"; "": none
 * @return whether it is one
 */
bool site_set_gateway(struct site *site, const char *url);

/**
 * Sets the names by which the query port is reached, beside those of loopback and addresses. The owner
 * of another name can have it mean this machine ("DNS rebinding"): then that site's page reads traces.
 * @param hosts   separated by commas, borrowed; "*": any; "": any, but none when only this machine can
 *                connect
 * @param listen  the address that traceview listens on
 */
void site_set_hosts(struct site *site, const char *hosts, const char *listen);

/** Whether a request's Host is one of them. */
bool site_has_host(const struct site *site, struct lt_slice authority);

/** Removes the prefix from a path; false for a path that is not below it. */
bool site_strip(const struct site *site, struct lt_slice *path);

/** The content of a file of the page, with its links below the prefix. */
struct lt_slice site_page(const struct site *site, const struct page_file *file);

#endif
