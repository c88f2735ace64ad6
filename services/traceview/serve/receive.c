/* SPDX-License-Identifier: Apache-2.0 */
/* receive.c - the OTLP/HTTP receiver. */
#include "serve/receive.h"

#include "base/json_writer.h"
#include "otlp/protobuf.h"
#include "serve/gzip.h"
#include "serve/http_send.h"
#include "store/intake.h"

#include <errno.h>
#include <stdio.h>

#define ANSWER_BYTES 4096 /* ample for any answer */

/* Codes of google.rpc.Status.  Source: google/rpc/code.proto */
enum { CODE_INVALID_ARGUMENT = 3, CODE_RESOURCE_EXHAUSTED = 8, CODE_UNAVAILABLE = 14 };

static const char *type_of(enum encoding encoding)
{
	return encoding == ENCODING_JSON ? "application/json" : "application/x-protobuf";
}

/* google.rpc.Status, in the encoding of the request. */
static void answer_status(
	h2o_req_t *req, int status, enum encoding encoding, int code, const char *message)
{
	struct buffer body;
	struct json_writer w = {.out = &body};
	buffer_init(&body, ANSWER_BYTES);
	if (encoding == ENCODING_PROTOBUF) {
		pb_put_uint(&body, 1, (uint64_t)code);
		pb_put_bytes(&body, 2, lt_slice(message));
	} else {
		jw_begin(&w, '{');
		jw_key(&w, "code");
		jw_int(&w, code);
		jw_key(&w, "message");
		jw_string(&w, lt_slice(message));
		jw_end(&w, '}');
	}
	http_send(req, status, type_of(encoding), &body);
}

/* ExportTraceServiceResponse: empty, or with partial_success. */
static void answer_result(h2o_req_t *req, enum encoding encoding, const struct store_result *result)
{
	struct buffer body;
	struct json_writer w = {.out = &body};
	buffer_init(&body, ANSWER_BYTES);
	if (encoding == ENCODING_PROTOBUF && result->n_rejected) {
		size_t mark = pb_begin(&body, 1); /* partial_success */
		pb_put_uint(&body, 1, result->n_rejected);
		pb_put_bytes(&body, 2, lt_slice(result->why));
		pb_end(&body, mark);
	} else if (encoding == ENCODING_JSON) {
		jw_begin(&w, '{');
		if (result->n_rejected) {
			jw_key(&w, "partialSuccess");
			jw_begin(&w, '{');
			jw_key(&w, "rejectedSpans");
			jw_quoted_uint(&w, result->n_rejected);
			jw_key(&w, "errorMessage");
			jw_string(&w, lt_slice(result->why));
			jw_end(&w, '}');
		}
		jw_end(&w, '}');
	}
	http_send(req, 200, type_of(encoding), &body);
}

static void refuse(struct receiver *receiver, h2o_req_t *req, int err, enum encoding encoding,
	const char *message)
{
	receiver->n_refused++;
	snprintf(receiver->why, sizeof(receiver->why), "%s", message);
	if (err == -EMSGSIZE)
		answer_status(req, 413, encoding, CODE_RESOURCE_EXHAUSTED, message);
	else if (err == -ENOMEM)
		answer_status(req, 503, encoding, CODE_UNAVAILABLE, message);
	else
		answer_status(req, 400, encoding, CODE_INVALID_ARGUMENT, message);
}

/* Compares a Content-Type without its parameters. */
static bool is_type(struct lt_slice content_type, const char *type)
{
	size_t n = strlen(type);
	if (content_type.len < n || strncasecmp(content_type.ptr, type, n) != 0)
		return false;
	while (n < content_type.len && (content_type.ptr[n] == ' ' || content_type.ptr[n] == '\t'))
		n++;
	return n == content_type.len || content_type.ptr[n] == ';';
}

static bool read_encoding(const h2o_req_t *req, enum encoding *ret_encoding)
{
	struct lt_slice type = http_header(req, H2O_TOKEN_CONTENT_TYPE);
	if (is_type(type, "application/x-protobuf"))
		*ret_encoding = ENCODING_PROTOBUF;
	else if (is_type(type, "application/json"))
		*ret_encoding = ENCODING_JSON;
	else
		return false;
	return true;
}

static bool is_word(struct lt_slice text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

static void take(
	struct receiver *receiver, h2o_req_t *req, enum encoding encoding, struct lt_slice body)
{
	struct store_result result;
	char why[OTLP_WHY_BYTES];
	int err = intake(receiver->store, body, encoding, &result, why);
	if (err)
		refuse(receiver, req, err, encoding, why);
	else
		answer_result(req, encoding, &result);
}

static void take_gzip(
	struct receiver *receiver, h2o_req_t *req, enum encoding encoding, struct lt_slice body)
{
	struct buffer inflated;
	buffer_init(&inflated, RECEIVE_BODY_MAX_BYTES);
	int err = gzip_inflate(body, &inflated);
	if (err) {
		refuse(receiver, req, err, encoding,
			err == -EMSGSIZE ? "the body inflates to more than 64 MiB"
			: err == -ENOMEM ? "out of memory"
					 : "the body is not gzip or is truncated");
	} else {
		take(receiver, req, encoding, buffer_slice(&inflated));
	}
	buffer_done(&inflated);
}

void receive(struct receiver *receiver, h2o_req_t *req)
{
	enum encoding encoding;
	size_t path_len = req->query_at == SIZE_MAX ? req->path.len : req->query_at;
	if (!h2o_memis(req->path.base, path_len, H2O_STRLIT("/v1/traces"))) {
		http_send_text(req, 404, "404 not found: this port takes POST /v1/traces\n");
		return;
	}
	if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"))) {
		http_send_header(req, "allow", "POST");
		http_send_text(req, 405, "405 method not allowed: POST only\n");
		return;
	}
	if (!read_encoding(req, &encoding)) {
		http_send_text(req, 415,
			"415 unsupported media type, supported: [application/json, "
			"application/x-protobuf]\n");
		return;
	}
	struct lt_slice body = {req->entity.base ? req->entity.base : "", req->entity.len};
	struct lt_slice coding = http_header(req, H2O_TOKEN_CONTENT_ENCODING);
	if (body.len > RECEIVE_BODY_MAX_BYTES) {
		refuse(receiver, req, -EMSGSIZE, encoding, "the body is over 64 MiB");
	} else if (!coding.len || is_word(coding, "identity") || is_word(coding, "none")) {
		take(receiver, req, encoding, body);
	} else if (is_word(coding, "gzip")) {
		take_gzip(receiver, req, encoding, body);
	} else {
		http_send_header(req, "accept-encoding", "gzip");
		http_send_text(req, 415, "415 unsupported content encoding, supported: [gzip]\n");
	}
}
