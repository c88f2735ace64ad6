/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.c - copies attributes as the limits allow.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/common/#attribute-limits
 */
#include "trace/attributes.h"

#include "util/shared_memory.h"
#include "util/slice.h"
#include "util/utf8.h"

#include <libtrace/testing.h>

#define SPARE_ATTRS 4 /* room for attributes after the first call */

static const struct lt_attr *find(const struct lt_attributes *set, struct lt_slice key)
{
	/* A set is small (128 by default) and most lengths differ: a scan is faster than an
	 * index. */
	for (uint32_t i = 0; i < set->n; i++) {
		const struct lt_attr *attr = &set->items[i];
		if (lt_slice_equal(attr->key, key))
			return attr;
	}
	return NULL;
}

const struct lt_attr *lt_attributes_find(const struct lt_attributes *attrs, const char *key)
{
	return attrs ? find(attrs, lt_slice(key)) : NULL;
}

const struct lt_attr *lt_map_find(const struct lt_attr *map, const char *key)
{
	if (!map || map->type != LT_TYPE_MAP)
		return NULL;
	return find(&(struct lt_attributes){.items = map->value.attrs, .n = map->n_items},
		lt_slice(key));
}

struct lt_attr lt_attr_item(const struct lt_attr *array, uint32_t i)
{
	switch (array->type) {
	case LT_TYPE_STRING_ARRAY:
		return (struct lt_attr){
			.type = LT_TYPE_STRING, .value.string = array->value.strings[i]};
	case LT_TYPE_BOOL_ARRAY:
		return (struct lt_attr){
			.type = LT_TYPE_BOOL, .value.boolean = array->value.booleans[i]};
	case LT_TYPE_INT_ARRAY:
		return (struct lt_attr){
			.type = LT_TYPE_INT, .value.integer = array->value.integers[i]};
	case LT_TYPE_DOUBLE_ARRAY:
		return (struct lt_attr){
			.type = LT_TYPE_DOUBLE, .value.number = array->value.numbers[i]};
	case LT_TYPE_ARRAY:
		return array->value.attrs[i];
	default:
		return (struct lt_attr){.type = LT_TYPE_NONE};
	}
}

/* No scalar, nor a string. */
static bool is_composite(enum lt_type type)
{
	return type >= LT_TYPE_STRING_ARRAY;
}

static bool has_value(const struct lt_attr *attr)
{
	if (attr->type <= LT_TYPE_NONE || attr->type > LT_TYPE_MAP)
		return false;
	return !is_composite(attr->type) || attr->n_items == 0 || attr->value.items;
}

static struct lt_slice cut(struct lt_slice text, uint32_t max_chars)
{
	if (text.len > max_chars) /* in bytes: perhaps not in characters */
		text.len = lt_utf8_prefix(text, max_chars);
	return text;
}

static bool copy_strings(struct lt_arena *arena, uint32_t value_length, const struct lt_attr *from,
	struct lt_attr *to)
{
	struct lt_slice *items = lt_arena_alloc(arena, from->n_items * sizeof(*items));
	if (!items)
		return false;
	for (uint32_t i = 0; i < from->n_items; i++) {
		if (!lt_arena_copy(arena, cut(from->value.strings[i], value_length), &items[i]))
			return false;
	}
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

static bool copy_bytes(struct lt_arena *arena, uint32_t max_bytes, struct lt_slice *bytes)
{
	if (bytes->len > max_bytes)
		bytes->len = max_bytes;
	return lt_arena_copy(arena, *bytes, bytes);
}

static bool copy_value(struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *from, struct lt_attr *to);

static bool copy_mixed(struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *from, struct lt_attr *to)
{
	struct lt_attr *items = lt_arena_alloc(arena, from->n_items * sizeof(*items));
	if (!items)
		return false;
	for (uint32_t i = 0; i < from->n_items; i++) {
		items[i] = (struct lt_attr){.key = {"", 0}, .type = LT_TYPE_NONE};
		if (has_value(&from->value.attrs[i]) &&
			!copy_value(arena, limits, &from->value.attrs[i], &items[i]))
			return false;
	}
	to->value.attrs = items;
	return true;
}

static bool copy_map(struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *from, struct lt_attr *to)
{
	struct lt_attributes set = {.items = NULL};
	struct lt_attributes_room room = {0};
	lt_attributes_add(&set, &room, arena, limits, from->value.attrs, from->n_items);
	to->value.attrs = set.items;
	to->n_items = set.n & INT32_MAX;
	return !set.n_dropped;
}

/* Of an array or a map, which counts as a level.  One that is too deep becomes an empty value. */
static bool copy_nested(struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *from, struct lt_attr *to)
{
	struct lt_attribute_limits below = {
		UINT32_MAX, limits->value_length, limits->value_depth + 1};
	if (below.value_depth > LT_VALUE_DEPTH_MAX) {
		*to = (struct lt_attr){.type = LT_TYPE_NONE};
		return true;
	}
	switch (from->type) {
	case LT_TYPE_STRING_ARRAY:
		return copy_strings(arena, limits->value_length, from, to);
	case LT_TYPE_BOOL_ARRAY:
		return copy_items(arena, sizeof(bool), from, to);
	case LT_TYPE_ARRAY:
		return copy_mixed(arena, &below, from, to);
	case LT_TYPE_MAP:
		return copy_map(arena, &below, from, to);
	default: /* integers or doubles */
		return copy_items(arena, sizeof(int64_t), from, to);
	}
}

/* Copies all but the key; false, with to untouched, when there is no room.  For arrays, maps and keys
 * that are set again: rare, so small before fast. */
__attribute__((cold)) static bool copy_value(struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *from, struct lt_attr *to)
{
	struct lt_attr copy = *from;
	bool fits = true;
	switch (from->type) {
	case LT_TYPE_STRING:
		fits = lt_arena_copy(
			arena, cut(from->value.string, limits->value_length), &copy.value.string);
		break;
	case LT_TYPE_BYTES:
		fits = copy_bytes(arena, limits->value_length, &copy.value.bytes);
		break;
	case LT_TYPE_BOOL:
	case LT_TYPE_INT:
	case LT_TYPE_DOUBLE:
		break;
	default:
		fits = copy_nested(arena, limits, from, &copy);
		break;
	}
	if (!fits)
		return false;
	copy.key = to->key;
	copy.fixed_key = to->fixed_key;
	*to = copy;
	return true;
}

/* Makes room for n more, as far as the limit and the arena allow. */
__attribute__((noinline)) static void reserve(struct lt_attributes *set,
	struct lt_attributes_room *room, struct lt_arena *arena, uint32_t max_count, size_t n)
{
	size_t wanted = set->n + n < max_count ? set->n + n : max_count;
	if (wanted <= room->capacity)
		return;
	/* Most attributes arrive in the first call; the set doubles after it. */
	wanted += set->n > SPARE_ATTRS ? set->n : SPARE_ATTRS;
	struct lt_attr *items = lt_arena_alloc(arena, wanted * sizeof(*items));
	if (!items)
		return;
	if (set->n)
		memcpy(items, set->items, set->n * sizeof(*items));
	set->items = items;
	room->capacity = (uint32_t)wanted;
}

/* One-bit Bloom filter: a clear bit means that the key is absent.  With these factors the keys of
 * the conventions for HTTP have different bits.  Without the filter a span with 3 attributes takes
 * 127 instructions more than 1,297, and one of the agent's with 15 some 830 more. */
static uint64_t key_bit(struct lt_slice key)
{
	uint8_t first = (uint8_t)key.ptr[0], last = (uint8_t)key.ptr[key.len - 1];
	return UINT64_C(1) << ((key.len + 53u * first + 2u * last) % 64);
}

/* The relay, which sees no literal of the program's, has one copy of a fixed key for all spans.  NULL:
 * it is to be copied. */
static const char *fixed_key(const struct lt_attr *attr, bool is_shared)
{
	if (!attr->fixed_key || !is_shared)
		return attr->fixed_key ? attr->key.ptr : NULL;
	const struct lt_shared_key *key =
		lt_shared_get_key(attr->key.ptr, attr->key.len, key_bit(attr->key));
	return key ? key->copy : NULL;
}

/* Key and string are adjacent, in one allocation, unless the key is fixed: it is not copied. */
static bool append(struct lt_attributes *set, uint32_t capacity, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attr, bool is_shared)
{
	if (set->n >= limits->count || set->n >= capacity)
		return false;
	struct lt_slice key = attr->key, string = {"", 0};
	const char *fixed = fixed_key(attr, is_shared);
	if (attr->type == LT_TYPE_STRING)
		string = cut(attr->value.string, limits->value_length);
	size_t n_key = fixed ? 0 : key.len;
	char *text = lt_arena_alloc_text(arena, n_key + string.len);
	if (!text)
		return false;
	memcpy(text, key.ptr, n_key);
	if (string.len)
		memcpy(text + n_key, string.ptr, string.len);

	struct lt_attr *slot = (struct lt_attr *)&set->items[set->n];
	*slot = *attr;
	slot->key.ptr = fixed ? fixed : text;
	slot->fixed_key = fixed != NULL;
	if (attr->type == LT_TYPE_STRING)
		slot->value.string = (struct lt_slice){text + n_key, string.len};
	else if (is_composite(attr->type) && !copy_value(arena, limits, attr, slot))
		return false;
	set->n++;
	return true;
}

/* Any attribute, of which n follow with this one. */
__attribute__((cold, noinline)) static void add_slowly(struct lt_attributes *set,
	struct lt_attributes_room *room, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attr, size_t n)
{
	const struct lt_attr *present = NULL;
	if (!has_value(attr) || attr->key.len == 0)
		return;
	uint64_t bit = key_bit(attr->key);
	if (room->key_bits & bit)
		present = find(set, attr->key);
	bool kept;
	if (present) {
		kept = copy_value(arena, limits, attr, (struct lt_attr *)present);
	} else {
		reserve(set, room, arena, limits->count, n);
		kept = append(set, room->capacity, arena, limits, attr, lt_shared_contains(arena));
	}
	if (kept)
		room->key_bits |= bit;
	else
		set->n_dropped++;
}

/* Where a set goes on, in registers. */
struct cursor {
	struct lt_attr *slot, *slots_end;
	char *text, *text_end;
	uint64_t key_bits;
};

#define ALWAYS inline __attribute__((always_inline))

static ALWAYS struct cursor begin(const struct lt_attributes *set,
	const struct lt_attributes_room *room, const struct lt_arena *arena, uint32_t max_count)
{
	struct lt_attr *items = (struct lt_attr *)set->items;
	return (struct cursor){.slot = items + set->n,
		.slots_end = items + (room->capacity < max_count ? room->capacity : max_count),
		.text = arena->next,
		.text_end = arena->end,
		.key_bits = room->key_bits};
}

static ALWAYS void leave(const struct cursor *at, struct lt_attributes *set,
	struct lt_attributes_room *room, struct lt_arena *arena)
{
	set->n = (uint32_t)(at->slot - set->items);
	arena->next = at->text;
	room->key_bits = at->key_bits;
}

/* The key and the value, field by field, as the caller has just written them: agent/http/attribute.h
 * tells why. */
static ALWAYS bool put(struct cursor *at, uint32_t value_length, const struct lt_attr *attr,
	const char *fixed, size_t n_key)
{
	struct lt_attr *slot = at->slot;
	struct lt_slice string = attr->value.string;
	size_t room = (size_t)(at->text_end - at->text);
	if (__builtin_expect(attr->type == LT_TYPE_STRING, 1)) {
		if (string.len > value_length || n_key + string.len > room)
			return false;
		slot->value.string = (struct lt_slice){at->text + n_key, string.len};
	} else {
		if (is_composite(attr->type) || n_key > room)
			return false;
		slot->value.integer = attr->value.integer; /* whichever scalar it is */
		string.len = 0;
	}
	slot->key = (struct lt_slice){n_key ? at->text : fixed, attr->key.len};
	slot->type = attr->type;
	slot->n_items = 0;
	slot->fixed_key = !n_key;
	if (n_key) {
		lt_copy_text(at->text, attr->key.ptr, n_key);
		at->text += n_key;
	}
	lt_copy_text(at->text, string.ptr, string.len);
	at->text += string.len;
	at->slot++;
	return true;
}

/* A scalar or a string under a new key, if there is room; false for all else, which is rare. */
static ALWAYS bool add_quickly(
	struct cursor *at, uint32_t value_length, const struct lt_attr *attr, bool is_shared)
{
	struct lt_slice key = attr->key;
	uint64_t bit;
	if (at->slot == at->slots_end)
		return false;
	if (is_shared && attr->fixed_key) {
		const struct lt_shared_key *shared = lt_shared_find_key(key.ptr, key.len);
		if (__builtin_expect(!shared && key.len, 0))
			shared = lt_shared_get_key(key.ptr, key.len, key_bit(key));
		if (!shared || at->key_bits & shared->mark ||
			!put(at, value_length, attr, shared->copy, 0))
			return false;
		bit = shared->mark;
	} else {
		if (!key.len)
			return false;
		bit = key_bit(key);
		if (at->key_bits & bit ||
			!put(at, value_length, attr, key.ptr, attr->fixed_key ? 0 : key.len))
			return false;
	}
	at->key_bits |= bit;
	return true;
}

static ALWAYS void add(struct lt_attributes *set, struct lt_attributes_room *room,
	struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *attrs, size_t n, bool is_shared)
{
	uint32_t value_length = limits->value_length;
	if (!attrs || !n)
		return;
	if (!room->capacity)
		reserve(set, room, arena, limits->count, n);
	struct cursor at = begin(set, room, arena, limits->count);
	for (; n; n--, attrs++) {
		if (attrs->type == LT_TYPE_NONE ||
			__builtin_expect(add_quickly(&at, value_length, attrs, is_shared), 1))
			continue;
		leave(&at, set, room, arena);
		add_slowly(set, room, arena, limits, attrs, n);
		at = begin(set, room, arena, limits->count);
	}
	leave(&at, set, room, arena);
}

/* Apart from each other, so that both have the registers. */
__attribute__((noinline)) static void add_shared(struct lt_attributes *set,
	struct lt_attributes_room *room, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attrs, size_t n)
{
	add(set, room, arena, limits, attrs, n, true);
}

__attribute__((noinline)) static void add_own(struct lt_attributes *set,
	struct lt_attributes_room *room, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attrs, size_t n)
{
	add(set, room, arena, limits, attrs, n, false);
}

void lt_attributes_add(struct lt_attributes *set, struct lt_attributes_room *room,
	struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *attrs, size_t n)
{
	if (lt_shared_contains(arena))
		add_shared(set, room, arena, limits, attrs, n);
	else
		add_own(set, room, arena, limits, attrs, n);
}
