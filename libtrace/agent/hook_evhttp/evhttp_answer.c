/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_evhttp/evhttp_answer.h"
#include "request/request_span.h"

/* The request for which the library makes a page, until it has cleared the headers. */
struct page {
	const struct evhttp_request *req; /* NULL: none */
	const struct evkeyvalq *headers;  /* its own, for the answer */
};

static __thread struct page page;

/* NULL: nobody receives an answer. */
static struct evhttp_span *answered(struct evhttp_request *req, int status)
{
	struct evhttp_span *span = evhttp_span_find(req);

	if (!span || !span->is_started ||
		!EVHTTP_REAL(span->library, evhttp_request_get_connection)(req))
		return NULL;
	span->status = status;
	return span;
}

static void add_header(
	struct hook_library *library, struct evkeyvalq *headers, const char *key, const char *value)
{
	if (!EVHTTP_REAL(library, evhttp_find_header)(headers, key))
		EVHTTP_REAL(library, evhttp_add_header)(headers, key, value);
}

static void add_trace_headers(const struct evhttp_span *span)
{
	struct http_trace_headers values;

	if (!span->span || !request_trace_headers(span->span, span->has_caller, &values))
		return;
	struct evkeyvalq *headers =
		EVHTTP_REAL(span->library, evhttp_request_get_output_headers)(span->req);
	add_header(span->library, headers, HTTP_SERVER_TIMING, values.server_timing);
	add_header(span->library, headers, HTTP_TRACERESPONSE, values.traceresponse);
}

void evhttp_answer_begin(struct evhttp_request *req, int status)
{
	const struct evhttp_span *span = answered(req, status);

	if (span)
		add_trace_headers(span);
}

void evhttp_answer_begin_page(struct evhttp_request *req, int status)
{
	const struct evhttp_span *span = answered(req, status);

	if (span)
		page = (struct page){
			req, EVHTTP_REAL(span->library, evhttp_request_get_output_headers)(req)};
}

void evhttp_answer_cleared(const struct evkeyvalq *headers)
{
	if (!page.req || headers != page.headers)
		return;
	const struct evhttp_span *span = evhttp_span_find(page.req);
	page = (struct page){0};
	if (span)
		add_trace_headers(span);
}

void evhttp_answer_forget(const struct evhttp_request *req)
{
	if (page.req == req)
		page = (struct page){0};
}
