/* SPDX-License-Identifier: Apache-2.0 */
/* http_send.c - sends answers of any type and size. */
#include "serve/http_send.h"

#include "http_answer.h"

void http_send_header(h2o_req_t *req, const char *name, const char *value)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value, strlen(value));
}

struct lt_slice http_header(const h2o_req_t *req, const h2o_token_t *name)
{
	ssize_t at = h2o_find_header(&req->headers, name, -1);
	if (at == -1)
		return (struct lt_slice){NULL, 0};
	h2o_iovec_t value = req->headers.entries[at].value;
	return (struct lt_slice){value.base, value.len};
}

void http_send_text(h2o_req_t *req, int status, const char *text)
{
	http_answer_as(req, status, "text/plain", text, strlen(text));
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
	http_answer_as(req, status, content_type, kept->data, kept->len);
}
