/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - the HTTP semantic conventions common to client and server spans.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
#ifndef LT_AGENT_HTTP_H
#define LT_AGENT_HTTP_H

#include <libtrace/trace.h>

#define HTTP_METHODS_MAX 32 /* known methods */

/** Sets the known methods, which span names may contain: n of them (copied), HTTP_METHODS_MAX at
 * most, the most frequent first.  Before any request. */
void http_know_methods(const struct lt_slice *methods, size_t n);

#define HTTP_METHOD_MAX_BYTES 64 /* of http.request.method_original; the rest is cut off */

struct http_method {
	struct lt_slice name;	   /* http.request.method: a known method, or "_OTHER" */
	struct lt_slice span_name; /* the same, or "HTTP"; both are static, with a NUL */
	struct lt_slice original; /* http.request.method_original, borrowed; ptr NULL: not needed */
};

/** A method as the conventions represent it. */
struct http_method http_method(struct lt_slice sent);

/** status if it is valid (three digits), else 0. */
int http_status(long status);

/**
 * error.type of a response.
 *
 * @param status      of http_status()
 * @param error_from  500 on a server's span, 400 on a client's
 * @param code        where the text goes
 * @return code; NULL when it is no error
 */
const char *http_error_type(int status, int error_from, char code[4]);

/** The value of network.protocol.version for major * 256 + minor; static; ptr NULL: unknown. */
struct lt_slice http_version(int version);

#endif
