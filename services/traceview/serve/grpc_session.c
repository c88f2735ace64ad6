/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_session.c - one client's HTTP/2 connection at the gRPC port. */
#include "serve/grpc_session.h"

#include "serve/grpc_message.h"
#include "serve/rpc_status.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define WRITE_BYTES ((size_t)64 * 1024)		/* approximate limit of one write */
#define TEXT_BYTES ((size_t)3 * OTLP_WHY_BYTES) /* of a grpc-message, percent-encoded */

struct call {
	struct grpc_session *session;
	struct call *next, **link; /* of the session's */
	int32_t id;		   /* of the stream */
	uint64_t began_ms;
	enum otlp_signal signal; /* by the path */
	bool is_post, is_grpc;
	const struct coding *coding; /* NULL: unknown */
	bool is_whole;		     /* the client has ended the stream */
	bool is_answered;	     /* further input is discarded */
	struct buffer body;	     /* the message, with its prefix */
	struct buffer answer;	     /* likewise */
	size_t n_sent;		     /* of the answer */
};

struct grpc_session {
	struct receiver *receiver;
	size_t *upload_bytes;
	nghttp2_session *http2;
	struct call *calls;
	uint64_t now_ms;
};

/* --- answering ---------------------------------------------------------------------------- */

static nghttp2_nv header(const char *name, struct lt_slice value)
{
	return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value.ptr, strlen(name), value.len,
		NGHTTP2_NV_FLAG_NONE};
}

/* Frees the message. */
static void drop_body(struct call *call)
{
	*call->session->upload_bytes -= call->body.len;
	buffer_done(&call->body);
}

/* Headers and end: an answer without a message. */
static void answer_with(struct call *call, const nghttp2_nv *headers, size_t n)
{
	call->is_answered = true;
	drop_body(call);
	nghttp2_submit_response(call->session->http2, call->id, headers, n, NULL);
}

static void answer_status(struct call *call, enum rpc_code code, const char *message)
{
	char number[12];
	struct buffer text;
	snprintf(number, sizeof(number), "%d", code);
	buffer_init(&text, TEXT_BYTES);
	grpc_put_text(&text, message);
	nghttp2_nv headers[] = {
		header(":status", lt_slice("200")),
		header("content-type", lt_slice("application/grpc")),
		header("grpc-status", lt_slice(number)),
		header("grpc-message", buffer_slice(&text)),
		header("grpc-accept-encoding", lt_slice(coding_names)),
	};
	answer_with(call, headers, sizeof(headers) / sizeof(headers[0]));
	buffer_done(&text);
}

/* Answers with an error and counts a refused request. */
static void refuse(struct call *call, enum rpc_code code, const char *why)
{
	receiver_refused(call->session->receiver, why);
	answer_status(call, code, why);
}

/* Answers a request that is not gRPC. */
static void answer_http(struct call *call, const char *status)
{
	nghttp2_nv headers[] = {header(":status", lt_slice(status))};
	answer_with(call, headers, 1);
}

/* nghttp2's callback for the next bytes of the answer. */
static ssize_t read_answer(nghttp2_session *http2, int32_t id, uint8_t *to, size_t room,
	uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct call *call = source->ptr;
	size_t left = call->answer.len - call->n_sent, n = left < room ? left : room;
	memcpy(to, call->answer.data + call->n_sent, n);
	call->n_sent += n;
	if (n == left) {
		nghttp2_nv trailers[] = {header("grpc-status", lt_slice("0"))};
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		nghttp2_submit_trailer(http2, id, trailers, 1);
	}
	return (ssize_t)n;
}

static void answer_message(struct call *call)
{
	nghttp2_nv headers[] = {
		header(":status", lt_slice("200")),
		header("content-type", lt_slice("application/grpc")),
		header("grpc-accept-encoding", lt_slice(coding_names)),
	};
	nghttp2_data_provider data = {.source.ptr = call, .read_callback = read_answer};
	call->is_answered = true;
	drop_body(call);
	nghttp2_submit_response(call->session->http2, call->id, headers,
		sizeof(headers) / sizeof(headers[0]), &data);
}

/* Handles a complete call. */
static void take(struct call *call)
{
	struct lt_slice message;
	bool is_compressed;
	char why[OTLP_WHY_BYTES];
	const char *wrong = grpc_read_message(buffer_slice(&call->body), &is_compressed, &message);
	if (!wrong && is_compressed && !call->coding->decode)
		wrong = "the message is compressed, and grpc-encoding does not say how";
	if (wrong) {
		refuse(call, RPC_INTERNAL, wrong);
		return;
	}
	buffer_init(&call->answer, RECEIVE_ANSWER_MAX_BYTES);
	grpc_begin_message(&call->answer);
	int err = receiver_take(call->session->receiver, call->signal, ENCODING_PROTOBUF,
		is_compressed ? call->coding : NULL, message, &call->answer, why);
	grpc_end_message(&call->answer);
	if (err)
		answer_status(call, rpc_code_of(err), why);
	else if (call->answer.failed)
		answer_status(call, RPC_UNAVAILABLE, "out of memory");
	else
		answer_message(call);
}

/* Checks the headers of a call. A refused call is answered when it is complete, since some clients
 * lose an earlier answer. */
static bool is_acceptable(const struct call *call)
{
	return call->is_post && call->is_grpc && call->signal != OTLP_NO_SIGNAL && call->coding;
}

static void answer(struct call *call)
{
	if (!call->is_post)
		answer_http(call, "405");
	else if (!call->is_grpc)
		answer_http(call, "415");
	else if (call->signal == OTLP_NO_SIGNAL)
		answer_status(call, RPC_UNIMPLEMENTED,
			"this port has OTLP's TraceService, MetricsService and LogsService");
	else if (!call->coding)
		answer_status(call, RPC_UNIMPLEMENTED,
			"this grpc-encoding is not known here, see grpc-accept-encoding");
	else
		take(call);
}

/* --- nghttp2's callbacks ------------------------------------------------------------------ */

static struct call *call_of(nghttp2_session *http2, int32_t id)
{
	return nghttp2_session_get_stream_user_data(http2, id);
}

static bool is_request(const nghttp2_frame *frame)
{
	return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
	struct grpc_session *session = user;
	if (!is_request(frame))
		return 0;
	struct call *call = calloc(1, sizeof(*call));
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	*call = (struct call){.session = session,
		.next = session->calls,
		.link = &session->calls,
		.id = frame->hd.stream_id,
		.began_ms = session->now_ms,
		.signal = OTLP_NO_SIGNAL,
		.coding = coding_find((struct lt_slice){"", 0})};
	buffer_init(&call->body, GRPC_PREFIX_BYTES + RECEIVE_BODY_MAX_BYTES);
	if (call->next)
		call->next->link = &call->next;
	session->calls = call;
	return nghttp2_session_set_stream_user_data(http2, call->id, call);
}

static bool is(struct lt_slice text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static enum otlp_signal signal_of(struct lt_slice path)
{
	static const char *const methods[OTLP_NO_SIGNAL] = {
		[OTLP_TRACES] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		[OTLP_METRICS] = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
		[OTLP_LOGS] = "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
	};
	int signal = OTLP_TRACES;
	while (signal < OTLP_NO_SIGNAL && !is(path, methods[signal]))
		signal++;
	return (enum otlp_signal)signal;
}

/* gRPC with protobuf, which is also the default without a suffix. */
static bool is_grpc_type(struct lt_slice type)
{
	static const char name[] = "application/grpc";
	size_t n = sizeof(name) - 1;
	if (type.len < n || strncasecmp(type.ptr, name, n) != 0)
		return false;
	struct lt_slice rest = {type.ptr + n, type.len - n};
	return !rest.len || *rest.ptr == ';' || *rest.ptr == ' ' ||
	       (rest.len >= 6 && memcmp(rest.ptr, "+proto", 6) == 0);
}

static int on_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name_ptr,
	size_t name_len, const uint8_t *value_ptr, size_t value_len, uint8_t flags, void *user)
{
	struct lt_slice name = {(const char *)name_ptr, name_len};
	struct lt_slice value = {(const char *)value_ptr, value_len};
	struct call *call = call_of(http2, frame->hd.stream_id);
	if (!call || !is_request(frame))
		return 0;
	if (is(name, ":method"))
		call->is_post = is(value, "POST");
	else if (is(name, ":path"))
		call->signal = signal_of(value);
	else if (is(name, "content-type"))
		call->is_grpc = is_grpc_type(value);
	else if (is(name, "grpc-encoding"))
		call->coding = coding_find(value);
	return 0;
}

static int on_data(nghttp2_session *http2, uint8_t flags, int32_t id, const uint8_t *data,
	size_t len, void *user)
{
	struct call *call = call_of(http2, id);
	bool is_compressed;
	uint32_t message_len;
	if (!call || call->is_answered || !is_acceptable(call))
		return 0;
	bool is_too_large = len > call->body.limit - call->body.len;
	size_t before = call->body.len;
	buffer_put(&call->body, data, len);
	*call->session->upload_bytes += call->body.len - before;
	is_too_large |= grpc_read_prefix(buffer_slice(&call->body), &is_compressed, &message_len) &&
			message_len > RECEIVE_BODY_MAX_BYTES;
	if (is_too_large)
		refuse(call, RPC_RESOURCE_EXHAUSTED, "the message is over 64 MiB");
	else if (call->body.failed)
		refuse(call, RPC_UNAVAILABLE, "out of memory");
	return 0;
}

static int on_frame(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
	struct call *call = call_of(http2, frame->hd.stream_id);
	if (!call || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
		return 0;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		call->is_whole = true;
		if (!call->is_answered)
			answer(call);
	}
	return 0;
}

/* Tells a client that was answered before the end of its request to stop sending.
 * Source: https://www.rfc-editor.org/rfc/rfc9113#section-8.1-13 */
static int on_frame_sent(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
	struct call *call = call_of(http2, frame->hd.stream_id);
	if (call && frame->hd.type == NGHTTP2_HEADERS &&
		(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) && !call->is_whole) {
		return nghttp2_submit_rst_stream(
			http2, NGHTTP2_FLAG_NONE, call->id, NGHTTP2_NO_ERROR);
	}
	return 0;
}

static void free_call(struct call *call)
{
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	drop_body(call);
	buffer_done(&call->answer);
	free(call);
}

static int on_close(nghttp2_session *http2, int32_t id, uint32_t error_code, void *user)
{
	struct call *call = call_of(http2, id);
	if (call)
		free_call(call);
	return 0;
}

/* --- the session -------------------------------------------------------------------------- */

static int new_http2(struct grpc_session *session)
{
	nghttp2_session_callbacks *callbacks;
	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	int err = nghttp2_session_server_new(&session->http2, callbacks, session);
	nghttp2_session_callbacks_del(callbacks);
	return err ? -ENOMEM : 0;
}

int grpc_session_new(
	struct receiver *receiver, size_t *upload_bytes, struct grpc_session **ret_session)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, GRPC_CALLS_MAX},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, GRPC_WINDOW_BYTES},
	};
	struct grpc_session *session = calloc(1, sizeof(*session));
	if (!session)
		return -ENOMEM;
	session->receiver = receiver;
	session->upload_bytes = upload_bytes;
	if (new_http2(session) ||
		nghttp2_submit_settings(session->http2, NGHTTP2_FLAG_NONE, settings,
			sizeof(settings) / sizeof(settings[0])) ||
		nghttp2_session_set_local_window_size(
			session->http2, NGHTTP2_FLAG_NONE, 0, GRPC_WINDOW_BYTES)) {
		grpc_session_free(session);
		return -ENOMEM;
	}
	*ret_session = session;
	return 0;
}

void grpc_session_free(struct grpc_session *session)
{
	if (!session)
		return;
	while (session->calls)
		free_call(session->calls);
	nghttp2_session_del(session->http2);
	free(session);
}

int grpc_session_read(struct grpc_session *session, struct lt_slice bytes, uint64_t now_ms)
{
	session->now_ms = now_ms;
	ssize_t n = nghttp2_session_mem_recv(session->http2, (const uint8_t *)bytes.ptr, bytes.len);
	return n == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? -EPROTONOSUPPORT
	       : n == NGHTTP2_ERR_NOMEM		 ? -ENOMEM
	       : n < 0				 ? -EPROTO
						 : 0;
}

int grpc_session_write(struct grpc_session *session, struct buffer *out)
{
	while (out->len < WRITE_BYTES) {
		const uint8_t *data;
		ssize_t n = nghttp2_session_mem_send(session->http2, &data);
		if (n <= 0)
			return n == 0 ? 0 : -EPROTO;
		buffer_put(out, data, (size_t)n);
		if (out->failed)
			return -ENOMEM;
	}
	return 0;
}

void grpc_session_drain(struct grpc_session *session)
{
	nghttp2_submit_goaway(session->http2, NGHTTP2_FLAG_NONE,
		nghttp2_session_get_last_proc_stream_id(session->http2), NGHTTP2_NO_ERROR, NULL, 0);
}

bool grpc_session_is_done(const struct grpc_session *session)
{
	return !nghttp2_session_want_read(session->http2) &&
	       !nghttp2_session_want_write(session->http2);
}

bool grpc_session_is_busy(const struct grpc_session *session)
{
	return session->calls != NULL;
}

void grpc_session_expire(struct grpc_session *session, uint64_t now_ms)
{
	for (struct call *call = session->calls; call; call = call->next) {
		if (now_ms - call->began_ms < GRPC_CALL_TIMEOUT_MS)
			continue;
		if (!call->is_answered) {
			refuse(call, RPC_DEADLINE_EXCEEDED, "the request did not arrive in time");
		} else {
			nghttp2_submit_rst_stream(
				session->http2, NGHTTP2_FLAG_NONE, call->id, NGHTTP2_CANCEL);
		}
	}
}

static struct call *largest_of(const struct grpc_session *session)
{
	struct call *largest = NULL;
	for (struct call *call = session->calls; call; call = call->next)
		if (!largest || call->body.len > largest->body.len)
			largest = call;
	return largest;
}

size_t grpc_session_largest(const struct grpc_session *session)
{
	const struct call *call = largest_of(session);
	return call ? call->body.len : 0;
}

void grpc_session_refuse_largest(struct grpc_session *session, const char *why)
{
	struct call *call = largest_of(session);
	if (call && !call->is_answered)
		refuse(call, RPC_UNAVAILABLE, why);
}
