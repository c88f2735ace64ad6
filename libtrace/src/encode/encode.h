/* SPDX-License-Identifier: Apache-2.0 */
/* encode.h - an ExportTraceServiceRequest from a batch of spans, in both encodings.
 *
 * Source: https://github.com/open-telemetry/opentelemetry-proto, v1.11.0, trace.proto
 */
#ifndef LT_ENCODE_H
#define LT_ENCODE_H

#include "util/encode_buffer.h"

#include <libtrace/sdk.h>

/** Appends the request for n spans (0: an empty request); check buffer->failed afterwards.  Spans of a
 * resource belong side by side: each run of them is a ResourceSpans message. */
void lt_otlp_protobuf_encode(
	struct lt_buffer *buffer, const struct lt_span_data *const *spans, size_t n);
void lt_otlp_json_encode(
	struct lt_buffer *buffer, const struct lt_span_data *const *spans, size_t n);

/* A receiver's response to a batch that it accepted in part.
 * Source: https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
struct lt_otlp_partial_success {
	int64_t n_rejected;	 /* spans */
	struct lt_slice message; /* borrowed from the response */
};

/** Decodes an ExportTraceServiceResponse in protobuf; false if it is invalid.  Absent fields are
 * zero. */
bool lt_otlp_protobuf_decode_response(
	struct lt_slice response, struct lt_otlp_partial_success *ret_partial);

/** The same in JSON.  The message keeps its escapes. */
bool lt_otlp_json_decode_response(
	struct lt_slice response, struct lt_otlp_partial_success *ret_partial);

/** The message of a google.rpc.Status in protobuf, the body of a failure; false if there is none.
 * Borrowed.  Source: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
bool lt_otlp_protobuf_decode_status(struct lt_slice response, struct lt_slice *ret_message);

/** How many spans from the first on have its resource; n > 0. */
static inline size_t lt_otlp_run(const struct lt_span_data *const *spans, size_t n)
{
	size_t i = 1;
	while (i < n && spans[i]->resource == spans[0]->resource)
		i++;
	return i;
}

/** Whether spans[i] is the first of its scope: one ScopeSpans message starts with each of these. */
static inline bool lt_otlp_starts_scope(const struct lt_span_data *const *spans, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (spans[j]->scope == spans[i]->scope)
			return false;
	}
	return true;
}

/* The flags field of spans and links: W3C's in the low byte, and whether the parent was remote.
 * Source: trace.proto, enum SpanFlags */
enum { LT_OTLP_HAS_IS_REMOTE = 0x100, LT_OTLP_IS_REMOTE = 0x200 };

static inline uint32_t lt_otlp_flags(const struct lt_span_context_view *context, bool remote)
{
	return (context->flags & ~LT_FLAG_DEBUG & 0xffu) | LT_OTLP_HAS_IS_REMOTE |
	       (remote ? LT_OTLP_IS_REMOTE : 0u);
}

#endif
