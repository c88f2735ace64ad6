/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - a URL for a client span: its server, and its text without secrets. */
#ifndef LT_AGENT_URL_H
#define LT_AGENT_URL_H

#include "http/authority.h"

#define URL_MAX_BYTES 8192 /* of url.full, url.path, url.query: the rest is cut off */

/* Zero is an empty one.  Memory is reused for the next URL, so that a client that requests changing
 * paths does not allocate each time. */
struct url {
	char *text; /* as the program gave it, NUL-terminated; NULL: none */
	size_t text_capacity;
	bool is_cut; /* text is the beginning only */
	bool parsed; /* whether the rest belongs to text */

	bool is_http;	      /* http or https */
	struct lt_slice host; /* into text; without brackets */
	uint16_t port;	      /* the one in the text, else the scheme's */
	bool has_port;	      /* the text names it */
	struct lt_slice full; /* url.full, redacted: into full_text */
	char *full_text;
	size_t full_capacity;
};

/** Sets the text (copied; NULL: none); the same text again costs a comparison. 0 or -ENOMEM */
int url_set(struct url *url, const char *text);

/** The same for a text in n pieces. */
int url_set_pieces(struct url *url, const char *const *pieces, size_t n);

/**
 * Parses the text for a span, unless that has been done.
 *
 * @param default_scheme  what a text without one begins with; "" lets the host's name decide, as
 *                        libcurl does
 * @return whether there is an http or https URL, whose host is within URL_MAX_BYTES
 */
bool url_parse(struct url *url, const char *default_scheme);

void url_done(struct url *url);

/** Whether a query (without "?") has a value that url_redact_query() would replace. */
bool url_query_has_secrets(struct lt_slice query);

/**
 * Copies a query (without "?") with the values of keys that carry secrets replaced by REDACTED.
 *
 * @param out  room for URL_REDACTED_MAX(query.len) bytes; no NUL
 * @return bytes written, URL_MAX_BYTES at most: the rest is cut off
 */
size_t url_redact_query(struct lt_slice query, char *out);
/* "sig=" grows to "sig=REDACTED": less than thrice. */
#define URL_REDACTED_MAX(len) (3 * (len) + 8 < URL_MAX_BYTES ? 3 * (len) + 8 : URL_MAX_BYTES)

#endif
