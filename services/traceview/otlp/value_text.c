/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.c - converts attribute values to text. */
#include "otlp/value_text.h"

#include "base/base64.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
	return slice_compare(((const struct attr *)a)->key, ((const struct attr *)b)->key);
}

void attrs_sort(struct attr_list *attrs)
{
	if (attrs->n)
		qsort(attrs->items, attrs->n, sizeof(*attrs->items), by_key);
}

static void write_json(struct json_writer *w, struct value *value)
{
	switch (value->type) {
	case VALUE_NONE:
		jw_null(w);
		break;
	case VALUE_STRING:
		jw_string(w, value->string);
		break;
	case VALUE_BOOL:
		jw_bool(w, value->boolean);
		break;
	case VALUE_INT:
		jw_int(w, value->integer);
		break;
	case VALUE_DOUBLE:
		jw_double(w, value->number);
		break;
	case VALUE_BYTES:
		jw_base64(w, value->string);
		break;
	case VALUE_ARRAY:
		jw_begin(w, '[');
		for (size_t i = 0; i < value->array.n; i++)
			write_json(w, &value->array.items[i]);
		jw_end(w, ']');
		break;
	case VALUE_KVLIST:
		attrs_sort(&value->kvlist);
		jw_begin(w, '{');
		for (size_t i = 0; i < value->kvlist.n; i++) {
			jw_string(w, value->kvlist.items[i].key);
			buffer_put(w->out, ":", 1);
			w->comma = false;
			write_json(w, &value->kvlist.items[i].value);
		}
		jw_end(w, '}');
		break;
	}
}

void value_text(struct buffer *out, struct value *value)
{
	struct json_writer w = {.out = out};
	if (value->type == VALUE_STRING)
		buffer_put(out, value->string.ptr, value->string.len);
	else if (value->type == VALUE_BYTES)
		base64_encode(out, value->string);
	else if (value->type != VALUE_NONE)
		write_json(&w, value);
}
