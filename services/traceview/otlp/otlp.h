/* SPDX-License-Identifier: Apache-2.0 */
/* otlp.h - reads and writes OTLP: protobuf and JSON, whole requests and their parts.
 *
 * A request is read once, part by part, into a sink; nothing is kept between parts. Both encodings
 * feed the sink with each part's protobuf encoding: the received bytes or, for JSON, the part
 * encoded anew.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/ and opentelemetry-proto v1.11.0
 */
#ifndef TRACEVIEW_OTLP_H
#define TRACEVIEW_OTLP_H

#include "base/arena.h"
#include "base/buffer.h"
#include "otlp/model.h"

#include <errno.h>

/* Enough for a decoded span of 16 MiB of ordinary attributes; a message of millions of empty
 * attributes, whose decoded form is 25 times its size, is refused. */
#define OTLP_ARENA_MAX_BYTES ((size_t)128 * 1024 * 1024)

#define OTLP_WHY_BYTES 240 /* jansson's own messages have up to 160 */

/* Errors of an attribute that cannot be decoded, or that nests deeper than VALUE_DEPTH_MAX. The
 * spans to which it belongs are rejected; the rest of the request is kept. */
enum { OTLP_BAD_ATTRIBUTE = -EDOM, OTLP_DEEP_ATTRIBUTE = -ELOOP };

/** A message for one of these errors; static. */
const char *otlp_attribute_error(int err);

/* Receives the parts of a request. Slices and spans are borrowed for the call. A callback that
 * returns non-zero stops the reader, which returns that value. */
struct otlp_sink {
	/* The spans that follow belong to this resource, encoded as Resource. */
	int (*resource)(
		struct otlp_sink *self, struct lt_slice message, struct lt_slice schema_url);
	/* The spans that follow belong to this scope, encoded as InstrumentationScope. */
	int (*scope)(struct otlp_sink *self, struct lt_slice message, struct lt_slice schema_url);
	/* A span: message is its encoding, into which the strings of span point. */
	int (*span)(struct otlp_sink *self, struct lt_slice message, const struct span *span);
	/* n spans are skipped because one of their attributes, or one of their resource's or
	 * scope's, cannot be decoded. why is borrowed for the call. */
	void (*reject)(struct otlp_sink *self, size_t n, const char *why);
};

/**
 * Reads an ExportTraceServiceRequest (or TracesData, which is encoded the same).
 * @return 0; -EBADMSG for a malformed one; -EMSGSIZE when its decoded form exceeds the limit;
 *         -ENOMEM; or what the sink returned
 */
int otlp_read_protobuf(struct lt_slice request, struct otlp_sink *sink);

/**
 * Reads the JSON encoding: ids are hex, enumerations numbers or names, 64-bit integers numbers or
 * strings; names of members may be in snake_case; unknown members are ignored. `{"result": {...}}`,
 * as Jaeger's query API wraps it, is accepted too.
 * @param ret_why  what is wrong and where, in up to OTLP_WHY_BYTES with the NUL; may stay empty for
 *                 other errors than -EBADMSG
 */
int otlp_read_json(struct lt_slice request, struct otlp_sink *sink, char ret_why[OTLP_WHY_BYTES]);

/* Decoders of the parts.  Strings in *ret point into message, arrays into arena.
 * 0, -EBADMSG, -EMSGSIZE when the arena is full, -ENOMEM, OTLP_BAD_ATTRIBUTE or OTLP_DEEP_ATTRIBUTE. */
int otlp_decode_span(struct lt_slice message, struct arena *arena, struct span *ret_span);
int otlp_decode_resource(
	struct lt_slice message, struct arena *arena, struct resource *ret_resource);
int otlp_decode_scope(struct lt_slice message, struct arena *arena, struct scope *ret_scope);

/* Encoders of the parts, appended to out; failures stick to out. */
void otlp_encode_span(struct buffer *out, const struct span *span);
void otlp_encode_resource(struct buffer *out, const struct resource *resource);
void otlp_encode_scope(struct buffer *out, const struct scope *scope);

#endif
