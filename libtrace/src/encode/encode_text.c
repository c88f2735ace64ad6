/* SPDX-License-Identifier: Apache-2.0 */
#include "encode/encode_text.h"

#include "trace/attributes.h"
#include "util/utf8.h"

#include <inttypes.h>

void lt_text_add_clean(struct lt_buffer *b, struct lt_slice text)
{
	size_t before = b->len;
	lt_buffer_add(b, text.ptr, text.len);
	b->len = before + lt_utf8_clean(b->bytes + before, b->len - before);
}

static void add_quoted(struct lt_buffer *b, struct lt_slice text)
{
	lt_buffer_add_char(b, '"');
	for (const char *quote; (quote = memchr(text.ptr, '"', text.len));) {
		size_t n = (size_t)(quote - text.ptr);
		lt_text_add_clean(b, (struct lt_slice){text.ptr, n});
		lt_buffer_add_text(b, "\\\"");
		text = (struct lt_slice){quote + 1, text.len - n - 1};
	}
	lt_text_add_clean(b, text);
	lt_buffer_add_char(b, '"');
}

static void add_map(struct lt_buffer *b, const struct lt_attr *map)
{
	lt_buffer_add_char(b, '{');
	for (uint32_t i = 0; i < map->n_items; i++) {
		if (i)
			lt_buffer_add_text(b, ", ");
		lt_text_add_clean(b, map->value.attrs[i].key);
		lt_buffer_add_char(b, '=');
		lt_text_add_value(b, &map->value.attrs[i]);
	}
	lt_buffer_add_char(b, '}');
}

void lt_text_add_value(struct lt_buffer *b, const struct lt_attr *attr)
{
	switch (attr->type) {
	case LT_TYPE_NONE:
		lt_buffer_add_text(b, "null");
		break;
	case LT_TYPE_BYTES:
		lt_buffer_add_base64(b, attr->value.bytes);
		break;
	case LT_TYPE_MAP:
		add_map(b, attr);
		break;
	case LT_TYPE_STRING:
		add_quoted(b, attr->value.string);
		break;
	case LT_TYPE_BOOL:
		lt_buffer_add_text(b, attr->value.boolean ? "true" : "false");
		break;
	case LT_TYPE_INT:
		lt_buffer_printf(b, "%" PRId64, attr->value.integer);
		break;
	case LT_TYPE_DOUBLE:
		lt_buffer_printf(b, "%g", attr->value.number);
		break;
	default:
		lt_buffer_add_char(b, '[');
		for (uint32_t i = 0; i < attr->n_items; i++) {
			if (i)
				lt_buffer_add_text(b, ", ");
			struct lt_attr item = lt_attr_item(attr, i);
			lt_text_add_value(b, &item);
		}
		lt_buffer_add_char(b, ']');
		break;
	}
}
