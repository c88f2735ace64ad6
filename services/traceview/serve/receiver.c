/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.c - handles request bodies of both OTLP ports. */
#include "serve/receiver.h"

#include "base/json_writer.h"
#include "otlp/protobuf.h"

#include <errno.h>
#include <stdio.h>

/* ExportTraceServiceResponse: empty, or with partial_success. */
static void write_answer(
	struct buffer *out, enum encoding encoding, const struct store_result *result)
{
	struct json_writer w = {.out = out};
	if (encoding == ENCODING_PROTOBUF && result->n_rejected) {
		size_t mark = pb_begin(out, 1); /* partial_success */
		pb_put_uint(out, 1, result->n_rejected);
		pb_put_bytes(out, 2, lt_slice(result->why));
		pb_end(out, mark);
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
}

static int take_plain(struct receiver *receiver, enum encoding encoding, struct lt_slice body,
	struct buffer *answer, char ret_why[OTLP_WHY_BYTES])
{
	struct store_result result;
	int err = intake(receiver->store, body, encoding, &result, ret_why);
	if (!err && result.n_rejected)
		snprintf(receiver->why_rejected, sizeof(receiver->why_rejected), "%s", result.why);
	if (!err)
		write_answer(answer, encoding, &result);
	return err;
}

static int take_coded(struct receiver *receiver, enum encoding encoding,
	const struct coding *coding, struct lt_slice body, struct buffer *answer,
	char ret_why[OTLP_WHY_BYTES])
{
	struct buffer plain;
	buffer_init(&plain, RECEIVE_BODY_MAX_BYTES);
	int err = coding->decode(body, &plain);
	if (err == -EMSGSIZE) {
		snprintf(ret_why, OTLP_WHY_BYTES, "the body inflates to more than 64 MiB");
	} else if (err == -ENOMEM) {
		snprintf(ret_why, OTLP_WHY_BYTES, "out of memory");
	} else if (err) {
		snprintf(ret_why, OTLP_WHY_BYTES, "the body is not %s or is truncated",
			coding->name);
	} else {
		err = take_plain(receiver, encoding, buffer_slice(&plain), answer, ret_why);
	}
	buffer_done(&plain);
	return err;
}

void receiver_refused(struct receiver *receiver, const char *why)
{
	receiver->n_refused++;
	snprintf(receiver->why, sizeof(receiver->why), "%s", why);
}

int receiver_take(struct receiver *receiver, enum otlp_signal signal, enum encoding encoding,
	const struct coding *coding, struct lt_slice body, struct buffer *answer,
	char ret_why[OTLP_WHY_BYTES])
{
	static const struct store_result nothing_rejected = {0, ""};
	int err = 0;
	if (receiver->away && atomic_load_explicit(receiver->away, memory_order_relaxed)) {
		err = -EAGAIN;
		snprintf(ret_why, OTLP_WHY_BYTES, "nothing is taken now; send it again later");
	} else if (signal != OTLP_TRACES) {
		receiver->n_not_kept++;
		write_answer(answer, encoding, &nothing_rejected);
	} else if (body.len > RECEIVE_BODY_MAX_BYTES) {
		err = -EMSGSIZE;
		snprintf(ret_why, OTLP_WHY_BYTES, "the body is over 64 MiB");
	} else if (coding && coding->decode) {
		err = take_coded(receiver, encoding, coding, body, answer, ret_why);
	} else {
		err = take_plain(receiver, encoding, body, answer, ret_why);
	}
	if (err)
		receiver_refused(receiver, ret_why);
	return err;
}
