/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.c - copies attributes as the limits allow.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/common/#attribute-limits
 */
#include "attributes.h"

#include "utf8.h"

#include <libtrace/testing.h>

struct lt_attr *lt_attributes_find(struct lt_attr *items, size_t n, struct lt_slice key)
{
	/* A set is small (128 by default), and lengths mostly differ: a scan beats an index. */
	for (size_t i = 0; i < n; i++)
		if (items[i].key.len == key.len && memcmp(items[i].key.ptr, key.ptr, key.len) == 0)
			return &items[i];
	return NULL;
}

const struct lt_attr *lt_attr_find(const struct lt_attr *attrs, size_t n, const char *key)
{
	return lt_attributes_find((struct lt_attr *)attrs, n, lt_slice(key));
}

static struct lt_slice cut(struct lt_slice text, uint32_t max_chars)
{
	return (struct lt_slice){text.ptr, lt_utf8_prefix(text, max_chars)};
}

static bool copy_strings(struct lt_arena *arena, uint32_t value_length, const struct lt_attr *from,
	struct lt_attr *to)
{
	struct lt_slice *items = lt_arena_alloc(arena, from->n_items * sizeof *items);
	if (!items)
		return false;
	for (uint32_t i = 0; i < from->n_items; i++)
		if (!lt_arena_copy(arena, cut(from->value.strings[i], value_length), &items[i]))
			return false;
	to->value.strings = items;
	return true;
}

static bool copy_items(
	struct lt_arena *arena, size_t item_size, const struct lt_attr *from, struct lt_attr *to)
{
	void *items = lt_arena_alloc(arena, from->n_items * item_size);
	if (!items)
		return false;
	if (from->n_items)
		memcpy(items, from->value.items, from->n_items * item_size);
	to->value.items = items;
	return true;
}

/* Copies all but the key; false, with to untouched, when there is no room. */
static bool copy_value(struct lt_arena *arena, uint32_t value_length, const struct lt_attr *from,
	struct lt_attr *to)
{
	struct lt_attr copy = *from;
	bool fits = true;
	switch (from->type) {
	case LT_TYPE_STRING:
		fits = lt_arena_copy(
			arena, cut(from->value.string, value_length), &copy.value.string);
		break;
	case LT_TYPE_STRING_ARRAY:
		fits = copy_strings(arena, value_length, from, &copy);
		break;
	case LT_TYPE_BOOL_ARRAY:
		fits = copy_items(arena, sizeof(bool), from, &copy);
		break;
	case LT_TYPE_INT_ARRAY:
	case LT_TYPE_DOUBLE_ARRAY:
		fits = copy_items(arena, sizeof(int64_t), from, &copy);
		break;
	default:
		break;
	}
	if (!fits)
		return false;
	copy.key = to->key;
	*to = copy;
	return true;
}

static bool append(struct lt_attributes *set, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attr)
{
	if (set->n >= limits->count)
		return false;
	void *items = lt_arena_grow(arena, set->items, set->n, &set->capacity, sizeof *set->items);
	if (!items)
		return false;
	set->items = items;
	struct lt_attr *slot = &set->items[set->n];
	if (!lt_arena_copy(arena, attr->key, &slot->key) ||
		!copy_value(arena, limits->value_length, attr, slot))
		return false;
	set->n++;
	return true;
}

void lt_attributes_add(struct lt_attributes *set, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lt_attr *attr = &attrs[i];
		if (attr->type == LT_TYPE_NONE || attr->key.len == 0)
			continue;
		struct lt_attr *present = lt_attributes_find(set->items, set->n, attr->key);
		bool kept = present ? copy_value(arena, limits->value_length, attr, present)
				    : append(set, arena, limits, attr);
		if (!kept)
			set->n_dropped++;
	}
}
