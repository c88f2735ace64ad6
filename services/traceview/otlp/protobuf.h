/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf.h - the wire format of Protocol Buffers: reading fields in place, writing them.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
#ifndef TRACEVIEW_PROTOBUF_H
#define TRACEVIEW_PROTOBUF_H

#include "base/buffer.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
	uint32_t number;
	enum pb_wire wire;
	uint64_t scalar;       /* of the other wire types */
	struct lt_slice bytes; /* of PB_BYTES; borrowed from the message */
};

struct pb_reader {
	const uint8_t *next, *end;
	bool failed; /* the message is malformed; nothing more is read */
};

static inline struct pb_reader pb_reader(struct lt_slice message)
{
	const uint8_t *bytes = (const uint8_t *)message.ptr;
	return (struct pb_reader){bytes, bytes ? bytes + message.len : bytes, false};
}

/**
 * Reads the next field.
 * @return false at the message's end, and when it is malformed: then reader->failed is set
 */
bool pb_next(struct pb_reader *reader, struct pb_field *ret_field);

/** Whether the field has that wire type; if not, marks the message as malformed. */
bool pb_expect(struct pb_reader *reader, const struct pb_field *field, enum pb_wire wire);

/* Writers, one for each wire type. Callers omit fields that hold their default. */
void pb_put_uint(struct buffer *b, uint32_t number, uint64_t value);
void pb_put_fixed64(struct buffer *b, uint32_t number, uint64_t value);
void pb_put_fixed32(struct buffer *b, uint32_t number, uint32_t value);
void pb_put_bytes(struct buffer *b, uint32_t number, struct lt_slice value);

/** Begins a message inside the one being written; returns its mark, for pb_end. */
size_t pb_begin(struct buffer *b, uint32_t number);
void pb_end(struct buffer *b, size_t mark);

#endif
