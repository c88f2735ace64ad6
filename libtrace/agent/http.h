/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - the HTTP semantic conventions that client and server spans have in common.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
#ifndef LT_AGENT_HTTP_H
#define LT_AGENT_HTTP_H

#include <libtrace/trace.h>

/** Reads OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS; before any other call here. */
void http_init(void);

struct http_method {
	const char *name;	  /* http.request.method: a known method, or "_OTHER" */
	const char *span_name;	  /* the same, or "HTTP"; both are static */
	struct lt_slice original; /* http.request.method_original, borrowed; ptr NULL: not needed */
};

/** What the conventions make of a method as it was sent. */
struct http_method http_method(struct lt_slice sent);

/**
 * Sets http.response.status_code and, from error_from on, error.type and the status Error.
 *
 * @param error_from  500 on a server's span, 400 on a client's
 */
void http_set_status(struct lt_span *span, int status, int error_from);

/** The version as network.protocol.version has it, of major * 256 + minor; static; NULL: unknown.
 */
const char *http_version(int version);

#endif
