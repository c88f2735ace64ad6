/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_value.c - decodes the members of OTLP's JSON: numbers, ids, attributes.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
#include "base/base64.h"
#include "base/hex.h"
#include "otlp/otlp_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool json_decoder_fail(struct json_decoder *d, const char *key, const char *expected)
{
	if (!d->error) {
		d->error = -EBADMSG;
		snprintf(d->why, JSON_WHY_BYTES, "%s must be %s", key, expected);
	}
	return false;
}

void *json_decoder_array(struct json_decoder *d, size_t n, size_t item_bytes)
{
	void *items = n ? arena_alloc(d->arena, n, item_bytes) : NULL;
	if (n && !items && !d->error)
		d->error = d->arena->error;
	return items;
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_null(value) ? NULL : value;
}

static struct lt_slice string_of(const json_t *string)
{
	return (struct lt_slice){json_string_value(string), json_string_length(string)};
}

bool json_get_string(
	struct json_decoder *d, const json_t *object, const char *key, struct lt_slice *ret)
{
	const json_t *value = member(object, key);
	if (!value)
		return true;
	if (!json_is_string(value))
		return json_decoder_fail(d, key, "a string");
	*ret = string_of(value);
	return true;
}

/* Numbers may be JSON numbers or strings; a string with a NUL inside is no number. */
static bool parse_uint64(const json_t *value, uint64_t *ret)
{
	if (json_is_integer(value)) {
		*ret = (uint64_t)json_integer_value(value);
		return json_integer_value(value) >= 0;
	}
	const char *text = json_string_value(value);
	if (!text || *text < '0' || *text > '9')
		return false;
	char *end;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && end == text + json_string_length(value);
}

static bool parse_int64(const json_t *value, int64_t *ret)
{
	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	const char *text = json_string_value(value);
	if (!text || !(*text == '-' || (*text >= '0' && *text <= '9')))
		return false;
	char *end;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return !errno && end != text && end == text + json_string_length(value);
}

static bool parse_double(const json_t *value, double *ret)
{
	if (json_is_number(value)) {
		*ret = json_number_value(value);
		return true;
	}
	const char *text = json_string_value(value); /* also "NaN" and "-Infinity" */
	if (!text || !*text)
		return false;
	char *end;
	*ret = strtod(text, &end);
	return end == text + json_string_length(value);
}

bool json_get_uint64(struct json_decoder *d, const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *value = member(object, key);
	return !value || parse_uint64(value, ret) ||
	       json_decoder_fail(d, key, "an integer of 64 bits, as a number or a string");
}

bool json_get_uint32(struct json_decoder *d, const json_t *object, const char *key, uint32_t *ret)
{
	uint64_t wide = *ret;
	if (!json_get_uint64(d, object, key, &wide))
		return false;
	if (wide > UINT32_MAX)
		return json_decoder_fail(d, key, "an integer of 32 bits");
	*ret = (uint32_t)wide;
	return true;
}

bool json_get_enum(struct json_decoder *d, const json_t *object, const char *key,
	const char *const *names, size_t n, uint32_t *ret)
{
	const json_t *value = member(object, key);
	for (uint32_t i = 0; json_is_string(value) && i < n; i++) {
		if (slice_equal(string_of(value), lt_slice(names[i]))) {
			*ret = i;
			return true;
		}
	}
	if (json_is_string(value))
		return json_decoder_fail(d, key, "a number or the name of one");
	return json_get_uint32(d, object, key, ret);
}

bool json_get_array(
	struct json_decoder *d, const json_t *object, const char *key, json_t **ret, size_t *ret_n)
{
	*ret = member(object, key);
	if (*ret && !json_is_array(*ret)) {
		*ret = NULL;
		json_decoder_fail(d, key, "an array");
	}
	*ret_n = json_array_size(*ret);
	return !d->error;
}

bool json_get_object(
	struct json_decoder *d, const json_t *object, const char *key, const json_t **ret)
{
	*ret = member(object, key);
	return !*ret || json_is_object(*ret) || json_decoder_fail(d, key, "an object");
}

bool json_get_id(const json_t *object, const char *key, uint8_t *id, size_t n)
{
	const json_t *value = member(object, key);
	if (!value)
		return true;
	if (!json_is_string(value))
		return false;
	return json_string_length(value) == 0 || hex_parse(string_of(value), id, n);
}

static bool decode_value(
	struct json_decoder *d, const json_t *json, unsigned depth, struct value *value);

static void decode_attr(
	struct json_decoder *d, const json_t *json, unsigned depth, struct attr *attr)
{
	if (!json_is_object(json)) {
		json_decoder_fail(d, "an attribute", "an object");
		return;
	}
	const json_t *value = member(json, "value");
	if (json_get_string(d, json, "key", &attr->key) && value)
		decode_value(d, value, depth, &attr->value);
}

static bool decode_attrs(struct json_decoder *d, const json_t *object, const char *key,
	unsigned depth, struct attr_list *ret)
{
	json_t *array;
	size_t n;
	if (!json_get_array(d, object, key, &array, &n))
		return false;
	*ret = (struct attr_list){json_decoder_array(d, n, sizeof(*ret->items)), 0};
	int was_error = d->error;
	while (!d->error && ret->n < n) {
		decode_attr(d, json_array_get(array, ret->n), depth, &ret->items[ret->n]);
		ret->n++;
	}
	if (!was_error && d->error == -EBADMSG)
		d->error = OTLP_BAD_ATTRIBUTE;
	return !d->error;
}

static bool decode_array(
	struct json_decoder *d, const json_t *object, unsigned depth, struct value_array *ret)
{
	json_t *array;
	size_t n;
	if (!json_get_array(d, object, "values", &array, &n))
		return false;
	*ret = (struct value_array){json_decoder_array(d, n, sizeof(*ret->items)), 0};
	while (!d->error && ret->n < n) {
		const json_t *json = json_array_get(array, ret->n);
		decode_value(d, json, depth, &ret->items[ret->n++]);
	}
	return !d->error;
}

static bool decode_bytes(struct json_decoder *d, const json_t *text, struct lt_slice *ret)
{
	struct lt_slice base64 = string_of(text);
	uint8_t *bytes = json_decoder_array(d, base64.len / 4 * 3 + 3, 1);
	long n = bytes && json_is_string(text) ? base64_decode(base64, bytes) : -1;
	if (n < 0)
		return json_decoder_fail(d, "bytesValue", "base64");
	*ret = (struct lt_slice){(const char *)bytes, (size_t)n};
	return true;
}

static bool decode_value(
	struct json_decoder *d, const json_t *json, unsigned depth, struct value *value)
{
	const json_t *v;
	if (!json_is_object(json))
		return json_decoder_fail(d, "value", "an object such as {\"stringValue\": …}");
	if (depth > VALUE_DEPTH_MAX) {
		d->error = d->error ? d->error : OTLP_DEEP_ATTRIBUTE;
		return false;
	}
	if (member(json, "stringValue")) {
		value->type = VALUE_STRING;
		return json_get_string(d, json, "stringValue", &value->string);
	}
	if ((v = member(json, "boolValue"))) {
		value->type = VALUE_BOOL;
		value->boolean = json_is_true(v);
		return json_is_boolean(v) || json_decoder_fail(d, "boolValue", "true or false");
	}
	if ((v = member(json, "intValue"))) {
		value->type = VALUE_INT;
		return parse_int64(v, &value->integer) ||
		       json_decoder_fail(d, "intValue", "an integer, as a number or a string");
	}
	if ((v = member(json, "doubleValue"))) {
		value->type = VALUE_DOUBLE;
		return parse_double(v, &value->number) ||
		       json_decoder_fail(d, "doubleValue", "a number");
	}
	if ((v = member(json, "arrayValue"))) {
		value->type = VALUE_ARRAY;
		return decode_array(d, v, depth + 1, &value->array);
	}
	if ((v = member(json, "kvlistValue"))) {
		value->type = VALUE_KVLIST;
		return decode_attrs(d, v, "values", depth + 1, &value->kvlist);
	}
	if ((v = member(json, "bytesValue"))) {
		value->type = VALUE_BYTES;
		return decode_bytes(d, v, &value->string);
	}
	return true;
}

bool json_get_attrs(
	struct json_decoder *d, const json_t *object, const char *key, struct attr_list *ret)
{
	return decode_attrs(d, object, key, 0, ret);
}
