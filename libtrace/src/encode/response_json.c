/* SPDX-License-Identifier: Apache-2.0 */
/* response_json.c - reads the two relevant members of a collector's JSON response.
 *
 *	{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}
 *
 * At any depth, since collectors differ. 64-bit integers are strings; numbers are accepted too.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
#include "encode/encode.h"
#include "util/slice.h"

#define DIGITS_MAX 18 /* of any that fit 63 bits */

static void skip(struct lt_slice *in, size_t n)
{
	*in = (struct lt_slice){in->ptr + n, in->len - n};
}

static void skip_blanks(struct lt_slice *in)
{
	while (in->len && lt_is_blank(*in->ptr))
		skip(in, 1);
}

/* Takes a string, whose opening quote is next; false when there is no closing one. */
static bool take_string(struct lt_slice *in, struct lt_slice *ret_text)
{
	size_t i = 1;
	while (i < in->len && in->ptr[i] != '"')
		i += in->ptr[i] == '\\' ? 2 : 1;
	if (i >= in->len)
		return false;
	*ret_text = (struct lt_slice){in->ptr + 1, i - 1};
	skip(in, i + 1);
	return true;
}

/* 0 for what is none. */
static int64_t number_of(struct lt_slice text)
{
	int64_t number = 0;
	size_t i = 0;
	for (; i < text.len && lt_is_digit(text.ptr[i]); i++) {
		if (i == DIGITS_MAX)
			return 0;
		number = 10 * number + (text.ptr[i] - '0');
	}
	return number;
}

bool lt_otlp_json_decode_response(struct lt_slice in, struct lt_otlp_partial_success *ret_partial)
{
	struct lt_otlp_partial_success partial = {.message = {"", 0}};
	skip_blanks(&in);
	if (!in.len || *in.ptr != '{')
		return false;
	while (in.len) {
		struct lt_slice name, value;
		if (*in.ptr != '"') {
			skip(&in, 1);
			continue;
		}
		if (!take_string(&in, &name))
			return false;
		skip_blanks(&in);
		if (!in.len || *in.ptr != ':')
			continue;
		skip(&in, 1);
		skip_blanks(&in);
		value = in;
		if (in.len && *in.ptr == '"' && !take_string(&in, &value))
			return false;
		if (lt_slice_equal(name, lt_slice("rejectedSpans")))
			partial.n_rejected = number_of(value);
		else if (lt_slice_equal(name, lt_slice("errorMessage")) && value.ptr != in.ptr)
			partial.message = value;
	}
	*ret_partial = partial;
	return true;
}
