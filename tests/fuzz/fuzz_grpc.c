/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_grpc.c - what anybody may send to traceview's gRPC port: a client's bytes of a connection,
 * after its preface. The first byte is the number of pieces in which they arrive.
 */
#include "fuzz.h"
#include "serve/grpc_session.h"

#include <stdlib.h>

#define OUT_BYTES_MAX ((size_t)16 * 1024 * 1024)

static const struct store_options options = {.max_traces = 4, .max_bytes = 1 << 20};

/* Takes what the client would get; false when the connection is over. */
static bool drain_output(struct grpc_session *session)
{
	struct buffer out;
	bool is_fine, is_done;
	do {
		buffer_init(&out, OUT_BYTES_MAX);
		is_fine = grpc_session_write(session, &out) == 0;
		is_done = !out.len;
		buffer_done(&out);
	} while (is_fine && !is_done);
	return is_fine && !grpc_session_is_done(session);
}

static void feed(struct grpc_session *session, struct lt_slice bytes, size_t n_pieces)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	size_t step = bytes.len / n_pieces + 1;
	if (grpc_session_read(session, lt_slice(preface), 0) != 0)
		abort();
	while (bytes.len && drain_output(session)) {
		size_t n = bytes.len < step ? bytes.len : step;
		if (grpc_session_read(session, (struct lt_slice){bytes.ptr, n}, 1) != 0)
			return;
		bytes.ptr += n;
		bytes.len -= n;
	}
	drain_output(session);
	grpc_session_refuse_largest(session, "too much");
	grpc_session_expire(session, 1 + GRPC_CALL_TIMEOUT_MS);
	drain_output(session);
	if (grpc_session_largest(session) != 0)
		abort();
	grpc_session_drain(session);
	drain_output(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct receiver receiver = {.n_refused = 0};
	struct grpc_session *session;
	size_t upload_bytes = 0;
	if (size == 0 || store_new(&options, &receiver.store) != 0)
		return 0;
	if (grpc_session_new(&receiver, &upload_bytes, &session) == 0) {
		feed(session, (struct lt_slice){(const char *)data + 1, size - 1}, data[0] + 1u);
		grpc_session_free(session);
	}
	if (upload_bytes != 0)
		abort();
	store_free(receiver.store);
	return 0;
}
