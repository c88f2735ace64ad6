/* SPDX-License-Identifier: Apache-2.0 */
#include "http_answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "http_peers.h"

#define MESSAGE_MAX_BYTES 512 /* bytes */

static const struct status {
	int status;
	const char *reason;
	const char *own_code; /* the code of h2o's own errors; NULL: h2o has no such error */
} statuses[] = {
	{200, "OK", NULL},
	{204, "No Content", NULL},
	{301, "Moved Permanently", NULL},
	{400, "Bad Request", "bad_request"},
	{403, "Forbidden", NULL},
	{404, "Not Found", "not_found"},
	{405, "Method Not Allowed", NULL},
	{413, "Content Too Large", "body_too_large"},
	{415, "Unsupported Media Type", NULL},
	{417, "Expectation Failed", "expectation_failed"},
	{422, "Unprocessable Content", NULL},
	{431, "Request Header Fields Too Large", NULL},
	{499, "Client Closed Request", NULL}, /* nginx's; only for the log */
	{500, "Internal Server Error", "internal_error"},
	{501, "Not Implemented", NULL},
	{502, "Bad Gateway", NULL},
	{503, "Service Unavailable", NULL},
	{504, "Gateway Timeout", NULL},
};

static const struct status *find_status(int status)
{
	static const struct status unknown = {0, "Unknown", "error"};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status == status)
			return &statuses[i];
	}
	return &unknown;
}

void http_answer_as(h2o_req_t *req, int status, const char *type, const char *body, size_t len)
{
	static h2o_generator_t no_more = {NULL, NULL};
	bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
	h2o_iovec_t vec = h2o_iovec_init(body, len);

	if (req->conn->ctx->shutdown_requested || http_peers_are_crowded(req))
		req->http1_is_persistent = 0;
	req->res.status = status;
	req->res.reason = find_status(status)->reason;
	req->res.content_length = len;
	h2o_add_header(
		&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, type, strlen(type));
	h2o_start_response(req, &no_more);
	h2o_send(req, &vec, is_head || len == 0 ? 0 : 1, H2O_SEND_STATE_FINAL);
}

void http_answer(h2o_req_t *req, int status, const char *json, size_t len)
{
	http_answer_as(req, status, "application/json", json, len);
}

/* Writes an error's JSON into the request's pool. */
static h2o_iovec_t error_json(
	h2o_req_t *req, const char *code, const char *message, size_t message_len)
{
	if (message_len > MESSAGE_MAX_BYTES)
		message_len = MESSAGE_MAX_BYTES;
	size_t capacity =
		sizeof("{'error':'','message':}\n") + strlen(code) + TEXT_JSON_MAX(message_len);
	struct text text = text_in(compat_alloc_text(req, capacity), capacity);

	text_adds(&text, "{\"error\":\"");
	text_adds(&text, code);
	text_adds(&text, "\",\"message\":");
	text_add_json(&text, message, message_len);
	text_adds(&text, "}");
	return h2o_iovec_init(text.ptr, text.len);
}

void http_error(h2o_req_t *req, int status, const char *code, const char *message)
{
	h2o_iovec_t json = error_json(req, code, message, strlen(message));
	http_answer(req, status, json.base, json.len);
}

void http_errorf(h2o_req_t *req, int status, const char *code, const char *format, ...)
{
	char message[MESSAGE_MAX_BYTES + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	http_error(req, status, code, message);
}

void http_answer_later(h2o_req_t *req, const char *code, const char *why)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("retry-after"), 1, NULL, H2O_STRLIT("1"));
	http_error(req, 503, code, why);
}

void http_answer_busy(h2o_req_t *req, const char *why)
{
	http_answer_later(req, "overloaded", why);
}

/* --- request bodies ----------------------------------------------------------------------- */

/* Whether a Content-Type is application/json, with or without parameters. */
static bool is_json_type(h2o_iovec_t type)
{
	static const char json[] = "application/json";
	size_t n = sizeof(json) - 1;

	if (type.len < n || !h2o_lcstris(type.base, n, json, n))
		return false;
	while (n < type.len && (type.base[n] == ' ' || type.base[n] == '\t'))
		n++;
	return n == type.len || type.base[n] == ';';
}

static bool is_json_request(h2o_req_t *req)
{
	ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
	if (at == -1 || !is_json_type(req->headers.entries[at].value))
		return false;
	at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_ENCODING, -1);
	if (at == -1)
		return true;
	h2o_iovec_t encoding = req->headers.entries[at].value;
	return h2o_lcstris(encoding.base, encoding.len, H2O_STRLIT("identity"));
}

json_t *http_parse_json(h2o_iovec_t body, char why[HTTP_WHY_BYTES])
{
	json_error_t error;
	json_t *json = json_loadb(body.base ? body.base : "", body.len,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (!json) {
		snprintf(why, HTTP_WHY_BYTES, "the body is not JSON: %s (byte %d, line %d)",
			error.text, error.position, error.line);
		return NULL;
	}
	if (!json_is_object(json)) {
		json_decref(json);
		snprintf(why, HTTP_WHY_BYTES, "the body must be a JSON object");
		return NULL;
	}
	return json;
}

json_t *http_read_json(h2o_req_t *req)
{
	char why[HTTP_WHY_BYTES];

	if (req->entity.len > HTTP_BODY_MAX_BYTES) {
		http_errorf(req, 413, "body_too_large", "the body is over %d bytes",
			HTTP_BODY_MAX_BYTES);
		return NULL;
	}
	if (!is_json_request(req)) {
		http_error(req, 415, "unsupported_media_type",
			"Content-Type must be application/json, without a Content-Encoding");
		return NULL;
	}
	json_t *json = http_parse_json(req->entity, why);
	if (!json)
		http_error(req, 400, "malformed_json", why);
	return json;
}

/* --- h2o's own errors --------------------------------------------------------------------- */

struct own_error_filter {
	h2o_filter_t super;
	const struct http_own_errors *how;
};

struct own_error_stream {
	h2o_ostream_t super;
	const struct http_own_errors *how;
};

static const char *as_json_type(h2o_req_t *req)
{
	return "application/json";
}

static h2o_iovec_t as_json_body(h2o_req_t *req, const char *message, size_t len)
{
	const char *code = find_status(req->res.status)->own_code;
	return error_json(req, code ? code : "error", message, len);
}

static void own_error_send(
	h2o_ostream_t *self, h2o_req_t *req, compat_vec_t *vecs, size_t n, h2o_send_state_t state)
{
	char message[MESSAGE_MAX_BYTES];
	struct text text = text_in(message, sizeof(message));

	for (size_t i = 0; i < n; i++)
		text_add(&text, compat_vec_ptr(&vecs[i]), vecs[i].len);
	h2o_iovec_t body = ((struct own_error_stream *)self)->how->body(req, text.ptr, text.len);
	compat_vec_t vec = compat_vec(body.base, body.len);
	req->res.content_length = body.len;
	h2o_ostream_send_next(self, req, &vec, n > 0 ? 1 : 0, state);
}

static void own_error_setup(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
	static const char own_type[] = "text/plain; charset=utf-8"; /* h2o_send_error_generic() */
	const struct http_own_errors *how = ((struct own_error_filter *)self)->how;
	ssize_t at = h2o_find_header(&req->res.headers, H2O_TOKEN_CONTENT_TYPE, -1);

	if (at != -1 && req->res.status >= 400) {
		h2o_iovec_t *type = &req->res.headers.entries[at].value;
		if (h2o_memis(type->base, type->len, own_type, sizeof(own_type) - 1)) {
			const char *new_type = how->type(req);
			*type = h2o_iovec_init(new_type, strlen(new_type));
			struct own_error_stream *stream =
				compat_add_ostream(req, sizeof(*stream), slot);
			stream->super.do_send = own_error_send;
			stream->how = how;
			slot = &stream->super.next;
		}
	}
	h2o_setup_next_ostream(req, slot);
}

void http_answer_own_errors_as(h2o_pathconf_t *pathconf, const struct http_own_errors *how)
{
	h2o_filter_t *filter = h2o_create_filter(pathconf, sizeof(struct own_error_filter));
	filter->on_setup_ostream = own_error_setup;
	((struct own_error_filter *)filter)->how = how;
}

void http_answer_own_errors(h2o_pathconf_t *pathconf)
{
	static const struct http_own_errors as_json = {as_json_type, as_json_body};

	http_answer_own_errors_as(pathconf, &as_json);
}
