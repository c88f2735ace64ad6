/* SPDX-License-Identifier: Apache-2.0 */
/* http_send.c - answers of any type and size. */
#include "http_send.h"

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {{200, "OK"}, {400, "Bad Request"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {413, "Content Too Large"},
		{415, "Unsupported Media Type"}, {500, "Internal Server Error"},
		{503, "Service Unavailable"}};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status) {
			return reasons[i].reason;
		}
	}
	return "Unknown";
}

void http_send_header(h2o_req_t *req, const char *name, const char *value)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value, strlen(value));
}

struct lt_slice http_header(const h2o_req_t *req, const h2o_token_t *name)
{
	ssize_t at = h2o_find_header(&req->headers, name, -1);
	if (at == -1) {
		return (struct lt_slice){NULL, 0};
	}
	h2o_iovec_t value = req->headers.entries[at].value;
	return (struct lt_slice){value.base, value.len};
}

void http_send_static(h2o_req_t *req, int status, const char *content_type, struct lt_slice body)
{
	static h2o_generator_t no_more = {NULL, NULL};
	bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
	h2o_iovec_t vec = h2o_iovec_init(body.ptr, body.len);
	if (req->conn->ctx->shutdown_requested) {
		req->http1_is_persistent = 0;
	}
	req->res.status = status;
	req->res.reason = reason_of(status);
	req->res.content_length = body.len;
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, content_type,
		strlen(content_type));
	h2o_start_response(req, &no_more);
	h2o_send(req, &vec, is_head || !body.len ? 0 : 1, H2O_SEND_STATE_FINAL);
}

static void free_body(void *memory)
{
	buffer_done(memory);
}

void http_send(h2o_req_t *req, int status, const char *content_type, struct buffer *body)
{
	struct buffer *kept = h2o_mem_alloc_shared(&req->pool, sizeof(*kept), free_body);
	*kept = *body;
	buffer_init(body, body->limit);
	http_send_static(req, status, content_type, buffer_slice(kept));
}
