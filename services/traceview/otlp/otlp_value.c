/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_value.c - decodes attributes and their values.
 *
 * Field numbers stand beside their names as in common/v1/common.proto.
 */
#include "otlp/otlp_decoder.h"

#include <errno.h>

const char *otlp_attribute_error(int err)
{
	_Static_assert(VALUE_DEPTH_MAX == 16, "the text states the limit");
	return err == OTLP_DEEP_ATTRIBUTE ? "an attribute nests deeper than 16 levels"
					  : "an attribute cannot be read";
}

bool decoder_fail(struct decoder *d, int err)
{
	if (!d->error)
		d->error = err;
	return false;
}

/* Ends the reading of a message: its reader may have stopped early. */
bool decoder_finish(struct decoder *d, const struct pb_reader *reader)
{
	return reader->failed ? decoder_fail(d, -EBADMSG) : !d->error;
}

void decoder_count(struct lt_slice message, size_t counts[FIELDS_COUNTED])
{
	memset(counts, 0, sizeof(*counts) * FIELDS_COUNTED);
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (pb_next(&reader, &field)) {
		if (field.number < FIELDS_COUNTED)
			counts[field.number]++;
	}
}

void *decoder_array(struct decoder *d, size_t n, size_t item_bytes)
{
	void *items = n ? arena_alloc(d->arena, n, item_bytes) : NULL;
	if (n && !items)
		decoder_fail(d, d->arena->error);
	return items;
}

void read_string(struct pb_reader *reader, const struct pb_field *field, struct lt_slice *to)
{
	if (pb_expect(reader, field, PB_BYTES))
		*to = field->bytes;
}

void read_uint32(struct pb_reader *reader, const struct pb_field *field, uint32_t *to)
{
	if (pb_expect(reader, field, PB_VARINT))
		*to = (uint32_t)field->scalar;
}

static bool decode_value(
	struct decoder *d, struct lt_slice message, unsigned depth, struct value *value);

/* KeyValue */
static bool decode_attr(
	struct decoder *d, struct lt_slice message, unsigned depth, struct attr *attr)
{
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d->error && pb_next(&reader, &field)) {
		if (field.number == 1) /* key */
			read_string(&reader, &field, &attr->key);
		else if (field.number == 2 && pb_expect(&reader, &field, PB_BYTES)) /* value */
			decode_value(d, field.bytes, depth, &attr->value);
	}
	return decoder_finish(d, &reader);
}

/* Appends to a list that has room for it. */
void decode_attr_into(struct decoder *d, struct pb_reader *reader, const struct pb_field *field,
	unsigned depth, struct attr_list *list)
{
	bool was_fine = !d->error;
	if (pb_expect(reader, field, PB_BYTES) &&
		!decode_attr(d, field->bytes, depth, &list->items[list->n++]) && was_fine &&
		d->error == -EBADMSG)
		d->error = OTLP_BAD_ATTRIBUTE;
}

/* ArrayValue */
static bool decode_array(
	struct decoder *d, struct lt_slice message, unsigned depth, struct value_array *array)
{
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	*array = (struct value_array){decoder_array(d, counts[1], sizeof(*array->items)), 0};
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d->error && pb_next(&reader, &field)) {
		if (field.number == 1 && pb_expect(&reader, &field, PB_BYTES)) /* values */
			decode_value(d, field.bytes, depth, &array->items[array->n++]);
	}
	return decoder_finish(d, &reader);
}

/* KeyValueList */
static bool decode_kvlist(
	struct decoder *d, struct lt_slice message, unsigned depth, struct attr_list *list)
{
	size_t counts[FIELDS_COUNTED];
	decoder_count(message, counts);
	*list = (struct attr_list){decoder_array(d, counts[1], sizeof(*list->items)), 0};
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d->error && pb_next(&reader, &field)) {
		if (field.number == 1) /* values */
			decode_attr_into(d, &reader, &field, depth, list);
	}
	return decoder_finish(d, &reader);
}

/* AnyValue: the last member of the oneof wins. */
static bool decode_value(
	struct decoder *d, struct lt_slice message, unsigned depth, struct value *value)
{
	if (depth > VALUE_DEPTH_MAX)
		return decoder_fail(d, OTLP_DEEP_ATTRIBUTE);
	struct pb_reader reader = pb_reader(message);
	struct pb_field field;
	while (!d->error && pb_next(&reader, &field)) {
		switch (field.number) {
		case 1: /* string_value */
			value->type = VALUE_STRING;
			read_string(&reader, &field, &value->string);
			break;
		case 2: /* bool_value */
			value->type = VALUE_BOOL;
			value->boolean = pb_expect(&reader, &field, PB_VARINT) && field.scalar != 0;
			break;
		case 3: /* int_value */
			value->type = VALUE_INT;
			pb_expect(&reader, &field, PB_VARINT);
			value->integer = (int64_t)field.scalar;
			break;
		case 4: /* double_value */
			value->type = VALUE_DOUBLE;
			pb_expect(&reader, &field, PB_FIXED64);
			memcpy(&value->number, &field.scalar, sizeof(value->number));
			break;
		case 5: /* array_value */
			value->type = VALUE_ARRAY;
			if (pb_expect(&reader, &field, PB_BYTES))
				decode_array(d, field.bytes, depth + 1, &value->array);
			break;
		case 6: /* kvlist_value */
			value->type = VALUE_KVLIST;
			if (pb_expect(&reader, &field, PB_BYTES))
				decode_kvlist(d, field.bytes, depth + 1, &value->kvlist);
			break;
		case 7: /* bytes_value */
			value->type = VALUE_BYTES;
			read_string(&reader, &field, &value->string);
			break;
		}
	}
	return decoder_finish(d, &reader);
}
