/* SPDX-License-Identifier: Apache-2.0 */
/* http_head.h - checks a request's head before libh2o parses it.
 *
 * libh2o takes the first of two Content-Length headers, ignores one beside Transfer-Encoding and does
 * without Host: where another server in front of it reads the same bytes otherwise, one client's body
 * becomes another client's request.  Here what can be read in two ways is refused.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-3.2, section 5, 6.1, 6.3
 */
#ifndef SERVICES_HTTP_HEAD_H
#define SERVICES_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX_BYTES 65536
#define HTTP_HEAD_MAX_HEADERS 100 /* libh2o's limit, H2O_MAX_HEADERS */

struct http_head {
	size_t len;    /* bytes, with the empty line at its end; 0: not complete yet */
	bool has_body; /* it has a Content-Length or Transfer-Encoding */
	/* Bytes of the body; SIZE_MAX: chunked. */
	size_t body_len;
	/* Of a head to be refused; 0: none. */
	int status;
	const char *code, *message; /* of the error; static */
};

/**
 * Reads a head, which may be incomplete.
 * @param n_seen  how many of the bytes an earlier call has found to be an incomplete head
 */
struct http_head http_head_read(const char *bytes, size_t n, size_t n_seen);

#endif
