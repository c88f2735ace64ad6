/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_h2o/h2o_span.h"
#include "hook/hook.h"
#include "http/http.h"
#include "request/request_span.h"
#include <string.h>
#include <sys/socket.h>

static bool get_header(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const h2o_headers_t *headers = carrier;
	size_t len = strlen(key);

	for (size_t i = 0; i < headers->size; i++) {
		if (h2o_header_is(&headers->entries[i], key, len) && index-- == 0) {
			*ret_value = h2o_slice(headers->entries[i].value);
			return true;
		}
	}
	return false;
}

static uint64_t arrival_ns(const h2o_req_t *req)
{
	const struct timeval *at = &req->timestamps.request_begin_at;

	return (uint64_t)at->tv_sec * 1000000000 + (uint64_t)at->tv_usec * 1000;
}

struct lt_span *h2o_span_start(h2o_req_t *req, bool from_arrival, bool *ret_has_caller)
{
	static const struct lt_carrier_impl headers = {.get = get_header};
	struct sockaddr_storage peer;
	struct http_request request = {
		.method = h2o_slice(req->input.method),
		.target = h2o_slice(req->input.path),
		.version = http_version(req->version),
		.start_ns = from_arrival ? arrival_ns(req) : 0,
		.headers = &headers,
		.carrier = &req->headers,
	};

	for (size_t i = 0; i < req->headers.size; i++)
		http_request_header(&request, h2o_slice(*req->headers.entries[i].name),
			h2o_slice(req->headers.entries[i].value));
	request.host = h2o_slice(req->input.authority);
	if (req->input.scheme)
		request.scheme = h2o_slice(req->input.scheme->name);
	if (req->conn->callbacks->get_peername &&
		req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&peer) != 0)
		request.peer = (struct sockaddr *)&peer;
	return request_span_start(h2o_family.tracer, &request, ret_has_caller);
}

/* The path that the program registered; "" for none (h2o's fallback, or no handler was called). */
static struct lt_slice route_of(const h2o_req_t *req)
{
	if (!req->pathconf || !req->hostconf || req->pathconf == &req->hostconf->fallback_path)
		return (struct lt_slice){0};
	struct lt_slice route = h2o_slice(req->pathconf->path);
	if (route.len > 1 && route.ptr[route.len - 1] == '/')
		route.len--;
	return route;
}

void h2o_span_describe(struct lt_span *span, const h2o_req_t *req, int status, const char *error)
{
	request_span_answered_at(span, h2o_slice(req->input.method), route_of(req), status, error);
}
