/* SPDX-License-Identifier: Apache-2.0 */
/* libh2o has no field that shows whether a response was complete.  It is complete when its handler
 * ended it (generator and all filters are done) with FINAL and not with ERROR, and the rest has
 * been written:
 *
 * - HTTP/1: libh2o passes a callback to the socket with the last write and ignores its error.  It
 *   is always the same function, and so is ours, which replaces it.  (2.3 records the time of
 *   success and needs none of this.)
 * - HTTP/2: h2o_http2_stream_proceed() is called when a stream's frames have been written, and
 *   disposes of the request; a reset or closed connection does that elsewhere.  (So does 2.3 for
 *   complete responses, too, where a handler receives the request's body as a stream.)
 *
 * Source: lib/http1.c, lib/http2/stream.c of 2.2.5 */
#include "hook_h2o/h2o_answer.h"
#include "hook/agent.h"
#include "hook_h2o/h2o_library.h"
#include "hook_h2o/h2o_span.h"
#include "hook_h2o/h2o_upstream.h"
#include "http/http.h"
#include <stdatomic.h>
#include <strings.h>

/* error.type of incomplete responses */
#define RESPONSE_ABORTED "response_aborted"   /* by its handler, or too short for its length */
#define CONNECTION_CLOSED "connection_closed" /* or the stream reset, before all was written */

/* --- the headers that tell the trace --- */

static bool name_is(const h2o_header_t *header, const char *name)
{
	size_t len = strlen(name);

	return header->name->len == len && strncasecmp(header->name->base, name, len) == 0;
}

/* the server-timing metric for a trace */
static const char timing[] = "trace;desc=";
#define TIMING_LEN (sizeof(timing) - 1)
#define NAME_LEN 13 /* of both headers' names */

/* The start of the trace in a server-timing value; NULL: none. */
static const char *find_trace(h2o_iovec_t value)
{
	const char *end = value.base + value.len;

	for (const char *item = value.base; item && (size_t)(end - item) >= TIMING_LEN;) {
		if (memcmp(item, timing, TIMING_LEN) == 0)
			return item;
		item = memchr(item, ',', (size_t)(end - item));
		while (item && item < end && (*item == ',' || *item == ' ' || *item == '\t'))
			item++;
	}
	return NULL;
}

/* Removes the upstream's trace from a server-timing value that has other metrics, in place.  The
 * value is the request's own copy. */
static void cut_trace(h2o_iovec_t *value)
{
	char *item = value->base + (find_trace(*value) - value->base);
	char *const end = value->base + value->len;
	char *next = memchr(item, ',', (size_t)(end - item));

	while (next && next < end && (*next == ',' || *next == ' ' || *next == '\t'))
		next++;
	if (next)
		memmove(item, next, (size_t)(end - next));
	value->len = (size_t)(item - value->base) + (next ? (size_t)(end - next) : 0);
	while (!next && value->len && strchr(", \t", value->base[value->len - 1]))
		value->len--;
}

/* Removes the upstream's span: here ours answers. */
static void drop_upstream_headers(h2o_headers_t *headers)
{
	size_t n = 0;

	for (size_t i = 0; i < headers->size; i++) {
		h2o_header_t header = headers->entries[i];
		if (name_is(&header, "traceresponse"))
			continue;
		if (name_is(&header, "server-timing") && find_trace(header.value)) {
			cut_trace(&header.value);
			if (!header.value.len)
				continue;
		}
		headers->entries[n++] = header;
	}
	headers->size = n;
}

/* Static, since it is never unloaded: libh2o need not copy them. */
static const h2o_iovec_t timing_name = {(char *)"server-timing", NAME_LEN};
static const h2o_iovec_t response_name = {(char *)"traceresponse", NAME_LEN};

struct named { /* the headers that name a trace already */
	bool by_timing, by_response;
};

static struct named find_named(const h2o_headers_t *headers)
{
	struct named named = {0};

	for (size_t i = 0; i < headers->size; i++) {
		const h2o_header_t *header = &headers->entries[i];
		if (header->name->len != NAME_LEN)
			continue;
		if (name_is(header, "traceresponse"))
			named.by_response = true;
		else if (name_is(header, "server-timing") && find_trace(header->value))
			named.by_timing = true;
	}
	return named;
}

/* Room that lives as long as the request. */
static char *alloc_text(struct hook_library *library, h2o_req_t *req, size_t bytes)
{
#if H2O_IS_2_2
	return H2O_REAL(library, h2o_mem_alloc_pool)(&req->pool, bytes);
#else
	return H2O_REAL(library, h2o_mem_alloc_shared)(&req->pool, bytes, NULL);
#endif
}

static void add_header(struct hook_library *library, h2o_req_t *req, const h2o_iovec_t *name,
	const char *value, size_t len)
{
	__typeof__(h2o_add_header_by_str) *add = H2O_REAL(library, h2o_add_header_by_str);
	h2o_headers_t *headers = &req->res.headers;

	if (headers->size < headers->capacity)
		headers->entries[headers->size++] =
			(h2o_header_t){.name = (h2o_iovec_t *)name, .value = {(char *)value, len}};
	else
		add(&req->pool, headers, name->base, name->len, 0, NULL, value, len);
}

/* Adds the response headers that name the trace, in both formats in use.
 * Source: https://www.w3.org/TR/trace-context-2/#trace-context-http-response-headers-format,
 * https://www.w3.org/TR/2021/WD-trace-context-2-20210617/#traceresponse-header */
static void add_headers(struct hook_library *library, h2o_req_t *req, struct h2o_request *request)
{
	const struct lt_span_context context = lt_span_get_context(request->span);

	/* A remote context is the caller's own, propagated by a disabled SDK: it has no response
	 * header. */
	if (!lt_span_context_is_valid(&context) || context.remote)
		return;
	if (request->sent_up)
		drop_upstream_headers(&req->res.headers);
	/* Both share one buffer: the second value is the end of the first. */
	char *value = alloc_text(library, req, TIMING_LEN + LT_TRACEPARENT_LEN + 1);
	memcpy(value, timing, TIMING_LEN);
	lt_traceparent_print(&context, value + TIMING_LEN);
	const struct named named = find_named(&req->res.headers);
	if (!named.by_timing)
		add_header(library, req, &timing_name, value, TIMING_LEN + LT_TRACEPARENT_LEN);
	if (!named.by_response)
		add_header(library, req, &response_name, value + TIMING_LEN, LT_TRACEPARENT_LEN);
}

static bool wants_headers(const struct h2o_request *request)
{
	switch (agent.response_headers) {
	case RESPONSE_HEADERS_ALL:
		return true;
	case RESPONSE_HEADERS_EDGE:
		return !request->has_caller;
	default:
		return false;
	}
}

void h2o_answer_begin(struct hook_library *library, h2o_req_t *req, struct h2o_request *request,
	const h2o_generator_t *generator)
{
	request->has_response = true;
	if (request->sent_up)
		h2o_upstream_answer(req, request, generator);
	if (request->span && wants_headers(request))
		add_headers(library, req, request);
}

void h2o_answer_switch(h2o_req_t *req, struct h2o_request *request)
{
	request->has_response = request->is_switched = true;
	if (request->sent_up)
		h2o_upstream_answer(req, request, NULL);
}

/* --- its end --- */

void h2o_answer_send(h2o_req_t *req, int state)
{
	if (state == H2O_SEND_STATE_IN_PROGRESS ||
		(state == H2O_SEND_STATE_FINAL && !h2o_upstream_any()))
		return;
	struct h2o_request *request = h2o_request_find(req);
	if (!request)
		return;
	request->is_given_up = state == H2O_SEND_STATE_ERROR;
	if (request->sent_up)
		h2o_upstream_end(req, request, request->is_given_up ? RESPONSE_ABORTED : NULL);
}

/* libh2o's callback of an HTTP/1 response's last write; NULL: not seen yet. */
static _Atomic(h2o_socket_cb) last_written;
static __thread bool has_failed; /* the write whose end is being reported */

static void on_last_written(h2o_socket_t *sock, const char *err)
{
	has_failed = err != NULL;
	atomic_load_explicit(&last_written, memory_order_relaxed)(sock, err);
	has_failed = false;
}

/* Whether this write ends a response: h2o_send() or a filter has passed its last part to the
 * connection. */
static bool is_last(const h2o_socket_t *sock, const h2o_req_t *sending)
{
	return sending && sending->version < 0x200 && sock->data == sending->conn &&
	       !sending->_generator && !sending->_ostr_top->next;
}

h2o_socket_cb h2o_answer_completion(
	h2o_socket_t *sock, h2o_socket_cb written, const h2o_req_t *sending)
{
	h2o_socket_cb known = atomic_load_explicit(&last_written, memory_order_relaxed);

	if (!H2O_IS_2_2)
		return written;
	if (!known && is_last(sock, sending)) {
		atomic_store_explicit(&last_written, written, memory_order_relaxed);
		known = written;
	}
	return written == known && known ? on_last_written : written;
}

static bool was_written(const h2o_req_t *req, bool is_flushed)
{
	/* Reset before the call, in which the next request may start and end. */
	bool failed = has_failed;
	has_failed = false;

	if (req->_generator || (req->_ostr_top && req->_ostr_top->next))
		return false;
#if H2O_IS_2_2
	return req->version < 0x200 ? !failed : is_flushed;
#else
	if (req->version < 0x200)
		return !failed && req->timestamps.response_end_at.tv_sec != 0;
	return is_flushed || req->version != 0x200 || req->write_req.cb;
#endif
}

static bool has_body(const h2o_req_t *req)
{
	const h2o_iovec_t method = req->input.method;

	return req->res.status != 204 && req->res.status != 304 &&
	       !(method.len == 4 && memcmp(method.base, "HEAD", 4) == 0);
}

static bool is_tunnel(const h2o_req_t *req, const struct h2o_request *request)
{
	const h2o_iovec_t method = req->input.method;

	return request->is_switched || req->res.status == 101 ||
	       (method.len == 7 && memcmp(method.base, "CONNECT", 7) == 0);
}

/* Whether any of it was sent; its first bytes go with libh2o's first write. */
static bool was_begun(const h2o_req_t *req, const struct h2o_request *request)
{
#if H2O_IS_2_2
	bool sent = req->timestamps.response_start_at.tv_sec != 0;
#else
	bool sent = req->header_bytes_sent > 0; /* 2.3 gives what is reset a time, too */
#endif
	return request->is_switched || (request->has_response && sent);
}

/* Why a response is incomplete; NULL: it is complete, or nothing was sent since the client had
 * disconnected. */
static const char *what_failed(
	const h2o_req_t *req, const struct h2o_request *request, bool is_flushed)
{
	bool written = was_written(req, is_flushed);

	if (request->is_given_up)
		return RESPONSE_ABORTED;
	if (!was_begun(req, request) || is_tunnel(req, request))
		return NULL;
	if (!written)
		return CONNECTION_CLOSED;
	if (req->res.content_length == SIZE_MAX || req->bytes_sent >= req->res.content_length ||
		!has_body(req))
		return NULL;
	return RESPONSE_ABORTED;
}

void h2o_answer_end(h2o_req_t *req, struct h2o_request *request, bool is_flushed)
{
	const char *error = what_failed(req, request, is_flushed);

	if (request->sent_up)
		h2o_upstream_end(req, request, NULL);
	h2o_span_describe(request->span, req,
		was_begun(req, request) ? http_status(req->res.status) : 0, error);
}
