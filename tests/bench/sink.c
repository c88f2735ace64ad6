/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c - an OTLP/HTTP receiver that only counts spans, as cheaply as possible, since it shares
 * the machine with what is measured.
 *
 *   sink [PORT]        4318 when not given; one thread
 *
 * POST /v1/traces    protobuf: counted by walking from length to length; JSON: by counting
 *                    "startTimeUnixNano", which each span has once
 * GET /stats         {"requests":N,"spans":N,"bytes":N,"bad":N}    bytes: of bodies
 * POST /reset        all of these to 0
 */
#include <malloc.h>
#include <stdio.h>

#include "otlp/protobuf.h"
#include "plain_server.h"

#define BODY_MAX ((size_t)64 << 20) /* what OTLP lets a receiver refuse beyond */
#define BUFFER_BYTES (1 << 20)

static struct {
	uint64_t requests, spans, bytes, bad;
} stats;

static bool is(h2o_iovec_t text, const char *word)
{
	return h2o_memis(text.base, text.len, word, strlen(word));
}

/* Counts the messages in field path[0] of the message, or those in path[1] of these, and so on to
 * the path's end, a 0.  @return whether the message is well formed */
static bool count_messages(struct lt_slice message, const uint32_t *path, uint64_t *count)
{
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;

	while (pb_next(&reader, &field)) {
		if (field.number != path[0])
			continue;
		if (!pb_expect(&reader, &field, PB_BYTES))
			return false;
		if (!path[1])
			(*count)++;
		else if (!count_messages(field.bytes, path + 1, count))
			return false;
	}
	return !reader.failed;
}

static uint64_t count_text(h2o_iovec_t text, const char *word)
{
	const char *at = text.base, *end = text.base + text.len;
	uint64_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), word, strlen(word)))) {
		at += strlen(word);
		n++;
	}
	return n;
}

static bool count_spans(h2o_iovec_t body, h2o_iovec_t type, uint64_t *ret_n)
{
	/* resource_spans, scope_spans, spans.  Source: opentelemetry/proto/trace/v1/trace.proto */
	static const uint32_t path[] = {1, 2, 2, 0};

	if (is(type, "application/json")) {
		*ret_n = count_text(body, "\"startTimeUnixNano\"");
		return true;
	}
	return is(type, "application/x-protobuf") &&
	       count_messages((struct lt_slice){body.base, body.len}, path, ret_n);
}

static h2o_iovec_t header(h2o_req_t *req, const h2o_token_t *name)
{
	ssize_t at = h2o_find_header(&req->headers, name, -1);
	return at == -1 ? h2o_iovec_init("", 0) : req->headers.entries[at].value;
}

static void take(h2o_req_t *req)
{
	h2o_iovec_t type = header(req, H2O_TOKEN_CONTENT_TYPE);
	uint64_t n_spans = 0;

	if (header(req, H2O_TOKEN_CONTENT_ENCODING).len ||
		!count_spans(
			h2o_iovec_init(req->entity.base ? req->entity.base : "", req->entity.len),
			type, &n_spans)) {
		stats.bad++;
		plain_answer(req, 400, "text/plain", H2O_STRLIT("neither protobuf nor JSON\n"));
		return;
	}
	stats.requests++;
	stats.spans += n_spans;
	stats.bytes += req->entity.len;
	if (is(type, "application/json"))
		plain_answer(req, 200, "application/json", H2O_STRLIT("{}"));
	else
		plain_answer(req, 200, "application/x-protobuf", "", 0);
}

static void answer_stats(h2o_req_t *req)
{
	char json[160];
	int len = snprintf(json, sizeof(json),
		"{\"requests\":%" PRIu64 ",\"spans\":%" PRIu64 ",\"bytes\":%" PRIu64
		",\"bad\":%" PRIu64 "}\n",
		stats.requests, stats.spans, stats.bytes, stats.bad);

	plain_answer(req, 200, "application/json", json, (size_t)len);
}

static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
	bool is_post = is(req->method, "POST");

	if (is_post && is(req->path, "/v1/traces")) {
		take(req);
	} else if (is_post && is(req->path, "/reset")) {
		memset(&stats, 0, sizeof(stats));
		answer_stats(req);
	} else if (!is_post && is(req->path, "/stats")) {
		answer_stats(req);
	} else {
		plain_answer(req, 404, "text/plain", H2O_STRLIT("no such path\n"));
	}
	return 0;
}

int main(int argc, char **argv)
{
	/* A body is read into memory that is large enough for a batch from the start, and that is
	 * not given back: growing it costs more than all the rest. */
	h2o_socket_buffer_prototype._initial_buf.capacity = BUFFER_BYTES;
	h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX; /* no files */
	mallopt(M_MMAP_THRESHOLD, 4 * BUFFER_BYTES);
	mallopt(M_TRIM_THRESHOLD, 64 * BUFFER_BYTES);
	return plain_serve(argc > 1 ? (unsigned)atoi(argv[1]) : 4318, 1, on_req, BODY_MAX);
}
