/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf.c - the wire format of Protocol Buffers. */
#include "otlp/protobuf.h"

#define VARINT_MAX_BYTES 10 /* for 64 bits, 7 in each */

static bool fail(struct pb_reader *reader)
{
	reader->failed = true;
	reader->next = reader->end;
	return false;
}

static bool read_varint(struct pb_reader *reader, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < VARINT_MAX_BYTES && reader->next < reader->end; i++) {
		uint8_t byte = *reader->next++;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret_value = value;
			return i < VARINT_MAX_BYTES - 1 || byte <= 1;
		}
	}
	return false;
}

static bool read_fixed(struct pb_reader *reader, size_t n, uint64_t *ret_value)
{
	if ((size_t)(reader->end - reader->next) < n)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)reader->next[i] << (8 * i);
	reader->next += n;
	*ret_value = value;
	return true;
}

static bool read_bytes(struct pb_reader *reader, struct lt_slice *ret_bytes)
{
	uint64_t len;
	if (!read_varint(reader, &len) || len > (size_t)(reader->end - reader->next))
		return false;
	*ret_bytes = (struct lt_slice){(const char *)reader->next, (size_t)len};
	reader->next += len;
	return true;
}

bool pb_next(struct pb_reader *reader, struct pb_field *ret_field)
{
	if (reader->next == reader->end)
		return false;
	uint64_t tag;
	if (!read_varint(reader, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
		return fail(reader);
	ret_field->number = (uint32_t)(tag >> 3);
	ret_field->wire = (enum pb_wire)(tag & 7);
	bool ok = false;
	switch (ret_field->wire) {
	case PB_VARINT:
		ok = read_varint(reader, &ret_field->scalar);
		break;
	case PB_FIXED64:
		ok = read_fixed(reader, 8, &ret_field->scalar);
		break;
	case PB_FIXED32:
		ok = read_fixed(reader, 4, &ret_field->scalar);
		break;
	case PB_BYTES:
		ok = read_bytes(reader, &ret_field->bytes);
		break;
	default: /* groups: OTLP has none */
		break;
	}
	return ok || fail(reader);
}

bool pb_expect(struct pb_reader *reader, const struct pb_field *field, enum pb_wire wire)
{
	return field->wire == wire || fail(reader);
}

static void put_varint(struct buffer *b, uint64_t value)
{
	uint8_t bytes[VARINT_MAX_BYTES];
	size_t n = 0;
	while (value >= 0x80) {
		bytes[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (uint8_t)value;
	buffer_put(b, bytes, n);
}

static void put_tag(struct buffer *b, uint32_t number, enum pb_wire wire)
{
	put_varint(b, (uint64_t)number << 3 | wire);
}

static void put_fixed(struct buffer *b, uint64_t value, size_t n)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	buffer_put(b, bytes, n);
}

void pb_put_uint(struct buffer *b, uint32_t number, uint64_t value)
{
	put_tag(b, number, PB_VARINT);
	put_varint(b, value);
}

void pb_put_fixed64(struct buffer *b, uint32_t number, uint64_t value)
{
	put_tag(b, number, PB_FIXED64);
	put_fixed(b, value, 8);
}

void pb_put_fixed32(struct buffer *b, uint32_t number, uint32_t value)
{
	put_tag(b, number, PB_FIXED32);
	put_fixed(b, value, 4);
}

void pb_put_bytes(struct buffer *b, uint32_t number, struct lt_slice value)
{
	put_tag(b, number, PB_BYTES);
	put_varint(b, value.len);
	buffer_put(b, value.ptr, value.len);
}

size_t pb_begin(struct buffer *b, uint32_t number)
{
	put_tag(b, number, PB_BYTES);
	return b->len;
}

/* Inserts the length before what was written since pb_begin(), which moves up by a byte or two. */
void pb_end(struct buffer *b, size_t mark)
{
	if (b->failed)
		return;
	size_t content = b->len - mark;
	put_varint(b, content);
	if (b->failed)
		return;
	uint8_t length[VARINT_MAX_BYTES];
	size_t n = b->len - mark - content;
	memcpy(length, b->data + mark + content, n);
	memmove(b->data + mark + n, b->data + mark, content);
	memcpy(b->data + mark, length, n);
}
