/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 131072 /* attributes, events or links: more do not fit a span's memory */

/* One look at hostile memory: what was copied is not read from there again. */
static void snapshot(void *copy, const void *from, size_t size)
{
	memcpy(copy, from, size);
	__asm__ volatile("" ::: "memory");
}

/* Where n items at an address of the program's lie; NULL when they do not lie in the slab. */
static const void *find(const struct reader *reader, const void *address, size_t n, size_t size)
{
	uint64_t offset = (uintptr_t)address - reader->base;
	if (n > reader->bytes / size || offset > reader->bytes || n * size > reader->bytes - offset)
		return NULL;
	return reader->memory + offset;
}

/* An array of its own; NULL when it is unsound or there is no memory.  n > 0. */
static void *copy_array(
	struct reader *reader, struct lt_arena *arena, const void *address, size_t n, size_t size)
{
	const void *from = find(reader, address, n, size);
	void *copy = from && n <= ITEMS_MAX ? lt_arena_alloc(arena, n * size) : NULL;
	if (copy)
		snapshot(copy, from, n * size);
	return copy;
}

static bool copy_text(struct reader *reader, struct lt_arena *arena, struct lt_slice *text)
{
	if (!text->len) {
		*text = (struct lt_slice){"", 0};
		return true;
	}
	const char *from =
		text->len <= LT_ARENA_MAX_BYTES ? find(reader, text->ptr, text->len, 1) : NULL;
	char *copy = from ? lt_arena_alloc_text(arena, text->len) : NULL;
	if (!copy)
		return false;
	lt_copy_text(copy, from, text->len);
	__asm__ volatile("" ::: "memory");
	text->ptr = copy;
	return true;
}

static bool copy_items(
	struct reader *reader, struct lt_arena *arena, struct lt_attr *attr, size_t item_size)
{
	size_t n = attr->n_items;
	if (!n) {
		attr->value.items = NULL;
		return true;
	}
	void *items = copy_array(reader, arena, attr->value.items, n, item_size);
	attr->value.items = items;
	if (!items)
		return false;
	for (size_t i = 0; attr->type == LT_TYPE_BOOL_ARRAY && i < n; i++)
		((uint8_t *)items)[i] = ((uint8_t *)items)[i] != 0;
	bool is_sound = true;
	for (size_t i = 0; attr->type == LT_TYPE_STRING_ARRAY && is_sound && i < n; i++)
		is_sound = copy_text(reader, arena, &((struct lt_slice *)items)[i]);
	return is_sound;
}

/* Any byte is a number, but not a bool. */
static void clean_bool(bool *value)
{
	uint8_t byte;
	memcpy(&byte, value, sizeof(byte));
	*value = byte != 0;
}

static bool copy_nested(
	struct reader *reader, struct lt_arena *arena, struct lt_attr *attr, unsigned depth);

/* depth: arrays and maps round it. */
static bool copy_value(
	struct reader *reader, struct lt_arena *arena, struct lt_attr *attr, unsigned depth)
{
	switch (attr->type) {
	case LT_TYPE_STRING:
	case LT_TYPE_BYTES:
		return copy_text(reader, arena, &attr->value.string);
	case LT_TYPE_BOOL:
		clean_bool(&attr->value.boolean);
		return true;
	case LT_TYPE_NONE:
	case LT_TYPE_INT:
	case LT_TYPE_DOUBLE:
		return true;
	case LT_TYPE_ARRAY:
	case LT_TYPE_MAP:
		return copy_nested(reader, arena, attr, depth + 1);
	case LT_TYPE_STRING_ARRAY:
		return copy_items(reader, arena, attr, sizeof(struct lt_slice));
	case LT_TYPE_BOOL_ARRAY:
		return copy_items(reader, arena, attr, sizeof(bool));
	case LT_TYPE_INT_ARRAY:
	case LT_TYPE_DOUBLE_ARRAY:
		return copy_items(reader, arena, attr, sizeof(int64_t));
	default:
		return false;
	}
}

/* The text at an address whose program never changes it; if it does, the first one stays. */
static bool copy_kept_key(struct reader *reader, struct lt_slice *key)
{
	size_t at = lt_shared_key_place(key->ptr);
	for (size_t i = 0; i < KEY_TRIES; i++) {
		struct reader_key *place = &reader->keys[(at + i) % KEYS_MAX];
		if (place->text && place->address == key->ptr && place->len == key->len) {
			key->ptr = place->text;
			return true;
		}
		if (place->text)
			continue;
		struct reader_key kept = {.address = key->ptr, .len = key->len};
		if (!copy_text(reader, &reader->key_arena, key))
			return false;
		kept.text = key->ptr;
		*place = kept;
		return true;
	}
	return false;
}

static bool copy_key(
	struct reader *reader, struct lt_arena *arena, struct lt_attr *attr, bool has_keys)
{
	struct lt_slice *key = &attr->key;
	if (!has_keys)
		*key = (struct lt_slice){"", 0};
	else if (!key->len)
		return false;
	else if (!attr->fixed_key || key->len > LT_SHARED_KEY_MAX_BYTES ||
		 !copy_kept_key(reader, key))
		return copy_text(reader, arena, key);
	return true;
}

/* Of attributes, which have keys, or of an array.  Each takes room in the arena, whose limit is also
 * that of the work: an array that contains itself ends there. */
static bool copy_level(struct reader *reader, struct lt_arena *arena, const struct lt_attr **items,
	size_t n, bool has_keys, unsigned depth)
{
	if (!n) {
		*items = NULL;
		return true;
	}
	struct lt_attr *attrs = copy_array(reader, arena, *items, n, sizeof(*attrs));
	*items = attrs;
	bool is_sound = attrs != NULL;
	for (size_t i = 0; is_sound && i < n; i++)
		is_sound = copy_key(reader, arena, &attrs[i], has_keys) &&
			   copy_value(reader, arena, &attrs[i], depth);
	return is_sound;
}

static bool copy_nested(
	struct reader *reader, struct lt_arena *arena, struct lt_attr *attr, unsigned depth)
{
	return depth <= LT_VALUE_DEPTH_MAX &&
	       copy_level(reader, arena, &attr->value.attrs, attr->n_items,
		       attr->type == LT_TYPE_MAP, depth);
}

static bool copy_attrs(
	struct reader *reader, struct lt_arena *arena, const struct lt_attr **items, size_t n)
{
	return copy_level(reader, arena, items, n, true, 0);
}

static bool copy_events(struct reader *reader, struct lt_arena *arena, struct lt_span_data *data)
{
	if (!data->n_events)
		return true;
	struct lt_event *events =
		copy_array(reader, arena, data->events, data->n_events, sizeof(*events));
	data->events = events;
	bool is_sound = events != NULL;
	for (uint32_t i = 0; is_sound && i < data->n_events; i++)
		is_sound = copy_text(reader, arena, &events[i].name) &&
			   copy_attrs(reader, arena, &events[i].attrs.items, events[i].attrs.n);
	return is_sound;
}

static bool copy_links(struct reader *reader, struct lt_arena *arena, struct lt_span_data *data)
{
	if (!data->n_links)
		return true;
	struct lt_span_link *links =
		copy_array(reader, arena, data->links, data->n_links, sizeof(*links));
	data->links = links;
	bool is_sound = links != NULL;
	for (uint32_t i = 0; is_sound && i < data->n_links; i++) {
		clean_bool(&links[i].context.remote);
		is_sound = copy_text(reader, arena, &links[i].context.tracestate) &&
			   copy_attrs(reader, arena, &links[i].attrs.items, links[i].attrs.n);
	}
	return is_sound;
}

/* --- scopes ------------------------------------------------------------------------------- */

static const struct lt_instrumentation_scope no_scope = {
	.name = {"", 0}, .version = {"", 0}, .schema_url = {"", 0}};

static bool copy_scope(struct reader *reader, uint64_t address, struct reader_scope *scope)
{
	struct lt_instrumentation_scope *copy = &scope->scope;
	const void *from = find(reader, (const void *)(uintptr_t)address, 1, sizeof(*copy));
	if (!from)
		return false;
	snapshot(copy, from, sizeof(*copy));
	return copy_text(reader, &scope->arena, &copy->name) &&
	       copy_text(reader, &scope->arena, &copy->version) &&
	       copy_text(reader, &scope->arena, &copy->schema_url) &&
	       copy_attrs(reader, &scope->arena, &copy->attrs, copy->n_attrs);
}

/* One copy of each, since spans are sent by the scopes that they have in common. */
static const struct lt_instrumentation_scope *find_scope(struct reader *reader, uint64_t address)
{
	for (size_t i = 0; i < reader->n_scopes; i++) {
		if (reader->scopes[i]->address == address)
			return &reader->scopes[i]->scope;
	}
	struct reader_scope *scope =
		reader->n_scopes < SCOPES_MAX ? calloc(1, sizeof(*scope)) : NULL;
	if (!scope)
		return &no_scope;
	lt_arena_init(&scope->arena, scope->bytes, sizeof(scope->bytes));
	scope->address = address;
	if (!copy_scope(reader, address, scope)) {
		lt_arena_done(&scope->arena);
		free(scope);
		return &no_scope;
	}
	reader->scopes[reader->n_scopes++] = scope;
	return &scope->scope;
}

/* --- spans -------------------------------------------------------------------------------- */

static bool copy_data(struct reader *reader, struct span_copy *span)
{
	struct lt_span_data *data = &span->data;
	struct lt_arena *arena = &span->arena;
	if (data->kind > LT_KIND_CONSUMER)
		data->kind = LT_KIND_INTERNAL;
	if (data->status > LT_STATUS_ERROR)
		data->status = LT_STATUS_UNSET;
	clean_bool(&data->parent_remote);
	clean_bool(&data->context.remote);
	data->resource = NULL;
	data->scope = find_scope(reader, (uintptr_t)data->scope);
	return copy_text(reader, arena, &data->name) &&
	       copy_text(reader, arena, &data->status_text) &&
	       copy_text(reader, arena, &data->context.tracestate) &&
	       copy_attrs(reader, arena, &data->attrs.items, data->attrs.n) &&
	       copy_events(reader, arena, data) && copy_links(reader, arena, data);
}

bool reader_copy_span(struct reader *reader, size_t offset, struct span_copy *ret_span)
{
	if (offset > reader->bytes || reader->bytes - offset < LT_SPAN_BLOCK_BYTES)
		return false;
	const struct lt_span *from = (const struct lt_span *)(reader->memory + offset);
	ret_span->stage = atomic_load_explicit(&from->stage, memory_order_acquire);
	snapshot(&ret_span->data, &from->data, sizeof(ret_span->data));
	lt_arena_init(&ret_span->arena, ret_span->bytes, sizeof(ret_span->bytes));
	bool is_sound = copy_data(reader, ret_span);
	if (!is_sound)
		lt_arena_done(&ret_span->arena);
	return is_sound;
}

bool reader_copy_resource(struct reader *reader, uint64_t address, struct lt_resource *ret_resource)
{
	struct lt_resource *copy = ret_resource;
	struct lt_slab_resource theirs;
	const void *from = find(reader, (const void *)(uintptr_t)address, 1, sizeof(theirs));
	if (!from)
		return false;
	snapshot(&theirs, from, sizeof(theirs));
	lt_arena_init(&copy->arena, copy->bytes, sizeof(copy->bytes));
	if (copy_attrs(reader, &copy->arena, &theirs.attrs.items, theirs.attrs.n) &&
		copy_text(reader, &copy->arena, &theirs.schema_url)) {
		copy->attrs = theirs.attrs;
		copy->schema_url = theirs.schema_url;
		return true;
	}
	lt_arena_done(&copy->arena);
	return false;
}

void reader_done(struct reader *reader)
{
	for (size_t i = 0; i < reader->n_scopes; i++) {
		lt_arena_done(&reader->scopes[i]->arena);
		free(reader->scopes[i]);
	}
	lt_arena_done(&reader->key_arena);
}
