/* SPDX-License-Identifier: Apache-2.0 */
/* request_span.h - SERVER spans of HTTP requests, whichever library serves them.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
#ifndef LT_AGENT_REQUEST_SPAN_H
#define LT_AGENT_REQUEST_SPAN_H

#include <libtrace/propagation.h>

struct sockaddr;

/* A request whose headers have been read; all is borrowed, and what is zero is absent. */
struct http_request {
	struct lt_slice method;
	struct lt_slice target;	 /* as in its first line: "/path?query" */
	struct lt_slice scheme;	 /* of its connection: "http" or "https" */
	struct lt_slice version; /* of http_version() */
	struct lt_slice route;	 /* a pattern that the program registered */
	const struct sockaddr *peer;
	uint64_t start_ns; /* of its arrival, since the epoch; 0: now */
	/* Set by http_request_header(). */
	struct lt_slice host, user_agent, forwarded, x_for, x_host, x_proto;
	/* Its headers, for the propagator. */
	const struct lt_carrier_impl *headers;
	void *carrier;
};

void http_request_take_header(
	struct http_request *request, struct lt_slice name, struct lt_slice value);

/** Takes a header into account, if it is one that attributes are made of; the first of several
 * counts. */
static inline void http_request_header(
	struct http_request *request, struct lt_slice name, struct lt_slice value)
{
	enum { /* of their names */
		LENGTHS = 1 << 4 | 1 << 9 | 1 << 10 | 1 << 15 | 1 << 16 | 1 << 17
	};

	if (name.len < 18 && LENGTHS >> name.len & 1)
		http_request_take_header(request, name, value);
}

/** To be called before a request's handler: nothing is current on this thread any more that is of other work,
 * a completed transfer's request or the one that started the thread. */
void request_span_arrive(void);

/**
 * Starts the span of a request, a child of the context in its headers.
 *
 * @param ret_has_caller  whether they carry a context
 * @return new; NULL when OTEL_C_EXCLUDED_URLS names its path, or tracing is suppressed
 */
struct lt_span *request_span_start(
	struct lt_tracer *tracer, const struct http_request *request, bool *ret_has_caller);

/**
 * Records how a request ended, before the end of its span.
 *
 * @param status  of the answer; anything but three digits: none was sent
 * @param error   error.type of an answer that is missing or incomplete; NULL: it is complete.  A
 *                status of 500 or above takes precedence
 */
void request_span_answered(struct lt_span *span, int status, const char *error);

/** The same for a library that learns the route after the span's start. */
void request_span_answered_at(struct lt_span *span, struct lt_slice method, struct lt_slice route,
	int status, const char *error);

/* error.type of an answer that was not sent as a whole. */
#define HTTP_RESPONSE_ABORTED "response_aborted"   /* by its handler */
#define HTTP_CONNECTION_CLOSED "connection_closed" /* before all was written */

/* The response headers that name the trace, in both formats in use.
 * Source: https://www.w3.org/TR/trace-context-2/#trace-context-http-response-headers-format,
 * https://www.w3.org/TR/2021/WD-trace-context-2-20210617/#traceresponse-header */
#define HTTP_TRACERESPONSE "traceresponse"
#define HTTP_SERVER_TIMING "server-timing"

struct http_trace_headers {
	char server_timing[sizeof("trace;desc=") + LT_TRACEPARENT_LEN];
	const char *traceresponse; /* the end of the other */
};

/**
 * The values of a response's trace headers.
 * @param has_caller  as from request_span_start()
 * @return false: there are to be none
 */
bool request_trace_headers(
	const struct lt_span *span, bool has_caller, struct http_trace_headers *ret_headers);

#endif
