/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_decoder.h - shared by the decoders of OTLP's parts; private to otlp_*.c.
 *
 * Each message is scanned twice: the first time counts the repeated fields, so that their arrays
 * are allocated once and exactly.
 */
#ifndef TRACEVIEW_OTLP_DECODER_H
#define TRACEVIEW_OTLP_DECODER_H

#include "otlp/otlp.h"
#include "otlp/protobuf.h"

struct decoder {
	struct arena *arena;
	int error; /* the first one: -EBADMSG, -EMSGSIZE, -ENOMEM or an OTLP_*_ATTRIBUTE */
};

#define FIELDS_COUNTED 17 /* Span has the highest number, 16 */

/** Records the first error; returns false. */
bool decoder_fail(struct decoder *d, int err);

/** Finishes a message, whose reader may have stopped early; false after an error. */
bool decoder_finish(struct decoder *d, const struct pb_reader *reader);

/** Counts the occurrences of each field; in a malformed message, up to the fault. */
void decoder_count(struct lt_slice message, size_t counts[FIELDS_COUNTED]);

/** A zeroed array in the arena; NULL when n is 0, and on failure, which is recorded. */
void *decoder_array(struct decoder *d, size_t n, size_t item_bytes);

/* Readers of one field; a wrong wire type makes the message malformed. */
void read_string(struct pb_reader *reader, const struct pb_field *field, struct lt_slice *to);
void read_uint32(struct pb_reader *reader, const struct pb_field *field, uint32_t *to);

/** Appends a KeyValue field to a list with room for it; depth is 0 outside of values. */
void decode_attr_into(struct decoder *d, struct pb_reader *reader, const struct pb_field *field,
	unsigned depth, struct attr_list *list);

#endif
