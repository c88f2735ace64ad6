/* SPDX-License-Identifier: Apache-2.0 */
/* receive.c - the OTLP/HTTP receiver. */
#include "serve/receive.h"

#include "http_peers.h"
#include "serve/cors.h"
#include "serve/http_send.h"
#include "serve/rpc_status.h"

#include <errno.h>

static const char *type_of(enum encoding encoding)
{
	return encoding == ENCODING_JSON ? "application/json" : "application/x-protobuf";
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

/* False for neither; errors are then in JSON. */
static bool read_encoding(const h2o_req_t *req, enum encoding *ret_encoding)
{
	struct lt_slice type = http_header(req, H2O_TOKEN_CONTENT_TYPE);
	*ret_encoding = is_type(type, "application/x-protobuf") ? ENCODING_PROTOBUF : ENCODING_JSON;
	return *ret_encoding == ENCODING_PROTOBUF || is_type(type, "application/json");
}

/* google.rpc.Status, in the encoding of the request. */
static void answer_status(
	h2o_req_t *req, int status, enum encoding encoding, enum rpc_code code, const char *message)
{
	struct buffer body;
	buffer_init(&body, RECEIVE_ANSWER_MAX_BYTES);
	rpc_write_status(&body, encoding, code, lt_slice(message));
	http_send(req, status, type_of(encoding), &body);
}

static void take(struct receiver *receiver, h2o_req_t *req, enum otlp_signal signal,
	enum encoding encoding, const struct coding *coding)
{
	struct lt_slice body = {req->entity.base ? req->entity.base : "", req->entity.len};
	struct buffer answer;
	char why[OTLP_WHY_BYTES];
	buffer_init(&answer, RECEIVE_ANSWER_MAX_BYTES);
	int err = receiver_take(receiver, signal, encoding, coding, body, &answer, why);
	if (err) {
		buffer_done(&answer);
		answer_status(req,
			err == -EMSGSIZE		   ? 413
			: err == -ENOMEM || err == -EAGAIN ? 503
							   : 400,
			encoding, rpc_code_of(err), why);
	} else {
		http_send(req, 200, type_of(encoding), &answer);
	}
}

static enum otlp_signal signal_of(const h2o_req_t *req)
{
	static const char *const paths[OTLP_NO_SIGNAL] = {
		[OTLP_TRACES] = "/v1/traces",
		[OTLP_METRICS] = "/v1/metrics",
		[OTLP_LOGS] = "/v1/logs",
	};
	size_t path_len = req->query_at == SIZE_MAX ? req->path.len : req->query_at;
	int signal = OTLP_TRACES;
	while (signal < OTLP_NO_SIGNAL &&
		!h2o_memis(req->path.base, path_len, paths[signal], strlen(paths[signal])))
		signal++;
	return (enum otlp_signal)signal;
}

void receive(struct receiver *receiver, h2o_req_t *req)
{
	enum encoding encoding;
	bool has_encoding = read_encoding(req, &encoding);
	enum otlp_signal signal = signal_of(req);
	const struct coding *coding = coding_find(http_header(req, H2O_TOKEN_CONTENT_ENCODING));
	if (cors_answer(req))
		return;
	if (http_peers_shed(req)) {
		http_send_header(req, "retry-after", "1");
		answer_status(
			req, 503, encoding, RPC_UNAVAILABLE, "too many requests are in flight");
	} else if (signal == OTLP_NO_SIGNAL) {
		answer_status(req, 404, encoding, RPC_NOT_FOUND,
			"this port takes POST /v1/traces; /v1/metrics and /v1/logs are not kept");
	} else if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"))) {
		http_send_header(req, "allow", "POST");
		answer_status(req, 405, encoding, RPC_UNIMPLEMENTED, "POST only");
	} else if (!has_encoding) {
		answer_status(req, 415, encoding, RPC_INVALID_ARGUMENT,
			"Content-Type must be application/x-protobuf or application/json");
	} else if (!coding) {
		http_send_header(req, "accept-encoding", coding_names);
		answer_status(req, 415, encoding, RPC_INVALID_ARGUMENT,
			"this Content-Encoding is not known here, see Accept-Encoding");
	} else {
		take(receiver, req, signal, encoding, coding);
	}
}

/* --- libh2o's own errors ------------------------------------------------------------------ */

static const char *own_error_type(h2o_req_t *req)
{
	enum encoding encoding;
	read_encoding(req, &encoding);
	return type_of(encoding);
}

static h2o_iovec_t own_error_body(h2o_req_t *req, const char *message, size_t len)
{
	enum encoding encoding;
	struct buffer body;
	read_encoding(req, &encoding);
	buffer_init(&body, RECEIVE_ANSWER_MAX_BYTES);
	rpc_write_status(&body, encoding,
		req->res.status == 413 ? RPC_RESOURCE_EXHAUSTED : RPC_INVALID_ARGUMENT,
		(struct lt_slice){message, len});
	h2o_iovec_t copy = {compat_alloc_text(req, body.len ? body.len : 1), body.len};
	if (body.len)
		memcpy(copy.base, body.data, body.len);
	buffer_done(&body);
	return copy;
}

const struct http_own_errors receive_own_errors = {own_error_type, own_error_body};
