/* SPDX-License-Identifier: Apache-2.0 */
/* 2.2.5's proxy copies the headers at once, 2.3's when it has connected: they belong to the request
 * until its response starts.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span,
 * lib/core/proxy.c of both */
#include "hook_h2o/h2o_upstream.h"
#include "hook/agent.h"
#include "hook_h2o/h2o_library.h"
#include "http/attribute.h"
#include "http/authority.h"
#include "http/http.h"
#include "http/url.h"
#include <errno.h>
#include <libtrace/propagation.h>
#include <libtrace/semconv.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 8   /* header fields of all propagators */
#define ERROR_FROM 400 /* a client's */

/* error.type of a request that the proxy answered itself */
#define NO_RESPONSE "no_response"

/* In the request's pool, followed by room for the entries. */
struct sent_up {
	h2o_headers_t own;	/* what the client sent */
	unsigned n_reprocessed; /* count_reprocessed() when the request was proxied */
	h2o_headers_t headers;	/* what goes up */
	h2o_header_t entries[];
};

static __thread size_t n_alive;

bool h2o_upstream_any(void)
{
	return n_alive > 0;
}

/* Changes each time the request is processed again. */
static unsigned count_reprocessed(const h2o_req_t *req)
{
#if H2O_IS_2_2
	return req->num_reprocessed + req->num_delegated;
#else
	return req->remaining_reprocesses + req->remaining_delegations;
#endif
}

/* --- the headers that go up --- */

struct injection {
	struct hook_library *library;
	h2o_req_t *req;
	h2o_headers_t *headers;
	bool has_begun; /* the caller's fields are dropped */
};

/* Those of the propagators' fields that name a span; the caller's baggage goes up as it came. */
static bool names_span(const h2o_header_t *header)
{
	const char *const *field = lt_propagator_global()->impl->fields;

	for (; field && *field; field++) {
		if (strcmp(*field, "baggage") && h2o_header_is(header, *field, strlen(*field)))
			return true;
	}
	return false;
}

/* The caller's context is another span's; its tracestate is in ours. */
static void drop_context(h2o_headers_t *headers)
{
	size_t n = 0;

	for (size_t i = 0; i < headers->size; i++) {
		const h2o_header_t *header = &headers->entries[i];
		if (!names_span(header))
			headers->entries[n++] = *header;
	}
	headers->size = n;
}

struct field { /* a header's name, with its texts behind it */
	h2o_iovec_t name;
	char text[];
};

/* The carrier's set(): each key comes once, in lower case. */
static int add_field(void *carrier, const char *key, const char *value)
{
	struct injection *injection = carrier;
	h2o_headers_t *headers = injection->headers;
	size_t key_len = strlen(key), value_len = strlen(value);

	if (!injection->has_begun)
		drop_context(headers);
	injection->has_begun = true;
	if (headers->size == headers->capacity)
		return -ENOSPC;
	struct field *field = H2O_REAL(injection->library, h2o_mem_alloc_shared)(
		&injection->req->pool, sizeof(*field) + key_len + value_len, NULL);
	memcpy(field->text, key, key_len);
	memcpy(field->text + key_len, value, value_len);
	field->name = (h2o_iovec_t){field->text, key_len};
	headers->entries[headers->size++] =
		(h2o_header_t){.name = &field->name, .value = {field->text + key_len, value_len}};
	return 0;
}

static void put_context(struct hook_library *library, h2o_req_t *req, struct h2o_request *request,
	const struct lt_span_context *context)
{
	static const struct lt_carrier_impl fields = {.set = add_field};
	size_t capacity = req->headers.size + FIELDS_MAX;
	struct sent_up *up = H2O_REAL(library, h2o_mem_alloc_shared)(
		&req->pool, sizeof(*up) + capacity * sizeof(up->entries[0]), NULL);
	struct injection injection = {.library = library, .req = req, .headers = &up->headers};

	up->own = req->headers;
	up->n_reprocessed = count_reprocessed(req);
	up->headers.entries = up->entries;
	up->headers.size = req->headers.size;
	up->headers.capacity = capacity;
	if (req->headers.size)
		memcpy(up->entries, req->headers.entries,
			req->headers.size * sizeof(up->entries[0]));
	lt_inject_with_baggage(&fields, &injection, context, NULL);
	req->headers = up->headers;
	request->sent_up = up;
}

/* Unless they have been changed meanwhile. */
static void put_back(h2o_req_t *req, const struct sent_up *up)
{
	if (req->headers.entries == up->entries && req->headers.size == up->headers.size)
		req->headers = up->own;
}

/* --- the span --- */

/* The upstream that the proxy's handler uses; NULL: not known (yet), or given by the request (a
 * redirect followed inside libh2o). 2.3 selects it on connecting. */
static const h2o_url_t *origin_of(const h2o_req_t *req)
{
	return req->overrides ? req->overrides->location_rewrite.match : NULL;
}

static char *put(char *to, const char *end, struct lt_slice text)
{
	size_t room = (size_t)(end - to), len = text.len < room ? text.len : room;

	return len ? mempcpy(to, text.ptr, len) : to;
}

#define FULL_MAX_BYTES (URL_MAX_BYTES + 1 + URL_REDACTED_MAX(URL_MAX_BYTES))

struct where {
	struct lt_slice full, host; /* ptr NULL: unknown */
	uint16_t port;
};

/* The upstream's address for the span. */
static struct where where_of(const h2o_req_t *req, char text[FULL_MAX_BYTES])
{
	const h2o_url_t *origin = origin_of(req);
	const h2o_url_scheme_t *scheme = origin ? origin->scheme : req->scheme;
	const struct lt_slice authority = h2o_slice(origin ? origin->authority : req->authority);
	const struct http_authority parts = http_authority(authority);
	struct http_target target = http_target(h2o_slice(req->path));
	char *to = text, *const end = text + URL_MAX_BYTES;

	if (!scheme || !parts.host.len)
		return (struct where){0};
	if (target.query.len > URL_MAX_BYTES)
		target.query.len = URL_MAX_BYTES;
	to = put(to, end, h2o_slice(scheme->name));
	to = put(to, end, lt_slice("://"));
	to = put(to, end, authority);
	to = put(to, end, target.path);
	if (target.query.len) {
		to = put(to, end + 1, lt_slice("?"));
		to += url_redact_query(target.query, to);
	}
	return (struct where){.full = {text, (size_t)((to < end ? to : end) - text)},
		.host = parts.host,
		.port = parts.port ? parts.port : scheme->default_port};
}

/* Not inlined, as the buffer is large. */
__attribute__((noinline)) static struct lt_span *start(
	const h2o_req_t *req, const struct lt_span_context *parent)
{
	char text[FULL_MAX_BYTES];
	const struct where where =
		H2O_IS_2_2 || !req->overrides ? where_of(req, text) : (struct where){0};
	const struct http_method method = http_method(h2o_slice(req->method));
	const struct lt_attr attrs[] = {
		attr_strn(LT_HTTP_REQUEST_METHOD, method.name),
		attr_strn(LT_HTTP_REQUEST_METHOD_ORIGINAL, method.original),
		attr_strn(LT_URL_FULL, where.full),
		attr_strn(LT_SERVER_ADDRESS, where.host),
		attr_int(LT_SERVER_PORT, where.port),
	};

	return lt_span_start_named(h2o_family.tracer, method.span_name,
		&(struct lt_span_options){
			.parent = parent,
			.kind = LT_KIND_CLIENT,
			.attrs = attrs,
			.n_attrs = sizeof(attrs) / sizeof(attrs[0]),
		});
}

__attribute__((noinline)) static void tell_where(struct lt_span *span, const h2o_req_t *req)
{
	char text[FULL_MAX_BYTES];
	const struct where where = where_of(req, text);

	lt_span_set(span, LT_ATTRS(attr_strn(LT_URL_FULL, where.full),
				  attr_strn(LT_SERVER_ADDRESS, where.host),
				  attr_int(LT_SERVER_PORT, where.port)));
}

static void fail(struct lt_span *span, const char *error)
{
	lt_span_set(span, LT_ATTRS(attr_str(LT_ERROR_TYPE, error)));
	lt_span_status(span, LT_STATUS_ERROR, NULL);
}

void h2o_upstream_start(struct hook_library *library, h2o_req_t *req, struct h2o_request *request)
{
	const struct lt_span_context parent = lt_span_get_context(request->span);

	if (request->sent_up)
		h2o_upstream_end(req, request, NULL);
	/* A remote context is the caller's own: it is forwarded unchanged. */
	if (!lt_span_context_is_valid(&parent) || parent.remote)
		return;
	struct lt_span *span = start(req, &parent);
	const struct lt_span_context context = lt_span_get_context(span);
	if (!lt_span_context_is_valid(&context)) {
		lt_span_end(span);
		return;
	}
	request->upstream = span;
	n_alive++;
	put_context(library, req, request, &context);
}

static void set_status(struct lt_span *span, int status)
{
	char code[4];
	const char *type = http_error_type(status, ERROR_FROM, code);

	lt_span_set(span, LT_ATTRS(attr_int(LT_HTTP_RESPONSE_STATUS_CODE, status)));
	if (type)
		fail(span, type);
}

void h2o_upstream_answer(
	h2o_req_t *req, struct h2o_request *request, const h2o_generator_t *generator)
{
	const struct sent_up *up = request->sent_up;

	put_back(req, up);
	if (!request->upstream)
		return;
	if (up->n_reprocessed != count_reprocessed(req)) {
		/* libh2o followed the upstream's redirect to another server. */
		h2o_upstream_end(req, request, NULL);
	} else if (generator && !generator->proceed) {
		h2o_upstream_end(req, request, NO_RESPONSE); /* libh2o's own 502 */
	} else {
		set_status(request->upstream, http_status(req->res.status));
		if (!generator)
			h2o_upstream_end(req, request, NULL);
	}
}

void h2o_upstream_end(h2o_req_t *req, struct h2o_request *request, const char *error)
{
	put_back(req, request->sent_up);
	if (!request->upstream)
		return;
	if (!H2O_IS_2_2 && req->overrides && lt_span_is_recording(request->upstream))
		tell_where(request->upstream, req);
	if (error)
		fail(request->upstream, error);
	lt_span_end(request->upstream);
	request->upstream = NULL;
	n_alive--;
}
