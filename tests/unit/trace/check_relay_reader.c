/* SPDX-License-Identifier: Apache-2.0 */
/* check_relay_reader.c - values in a slab that lie in each other are copied if they are sound, whatever
 * its program has written. */
#include "check_main.h"
#include "reader.h"

#include <stdio.h>

enum { SLAB_BYTES = 1 << 20, HEAP_AT = LT_SPAN_BLOCK_BYTES };

static char *memory;	     /* the slab, as the relay has it */
static struct lt_arena heap; /* what the program writes there, behind its first block */
static struct reader reader;
static struct span_copy copy;

#define FAR UINT64_C(0x100000) /* how much further up the program has it */

static void set_up(void)
{
	memory = aligned_alloc(64, SLAB_BYTES);
	memset(memory, 0, SLAB_BYTES);
	lt_arena_init(&heap, memory + HEAP_AT, SLAB_BYTES - HEAP_AT);
	reader = (struct reader){
		.memory = memory, .base = (uintptr_t)memory + FAR, .bytes = SLAB_BYTES};
}

static void tear_down(void)
{
	reader_done(&reader);
	free(memory);
}

/* As the program sees it. */
static void *theirs(const void *ours)
{
	return (void *)((uintptr_t)ours + FAR);
}

static struct lt_slice text(const char *s)
{
	struct lt_slice copied = {"", 0};
	lt_arena_copy(&heap, lt_slice(s), &copied);
	return (struct lt_slice){theirs(copied.ptr), copied.len};
}

static struct lt_attr *attributes(size_t n)
{
	struct lt_attr *attrs = lt_arena_alloc(&heap, n * sizeof(*attrs));
	memset(attrs, 0, n * sizeof(*attrs));
	return attrs;
}

static struct lt_attr of(enum lt_type type, const struct lt_attr *items, uint32_t n)
{
	return (struct lt_attr){.key = text("k"),
		.type = type,
		.n_items = n & INT32_MAX,
		.value.attrs = theirs(items)};
}

/* Reads a span with this one attribute. */
static bool read_span(struct lt_attr attr)
{
	struct lt_span *span = (struct lt_span *)memory;
	struct lt_attr *attrs = attributes(1);
	*attrs = attr;
	span->data.attrs = (struct lt_attributes){.items = theirs(attrs), .n = 1};
	return reader_copy_span(&reader, 0, &copy);
}

START_TEST(bytes_arrays_and_maps_are_copied)
{
	struct lt_attr *items = attributes(3);
	items[0] = (struct lt_attr){.type = LT_TYPE_BYTES, .value.bytes = text("bytes")};
	items[1].key.len = 99; /* an array's items have no keys */
	items[2] = of(LT_TYPE_MAP, attributes(0), 0);
	struct lt_attr *map = attributes(1);
	map[0] = of(LT_TYPE_ARRAY, items, 3);
	ck_assert(read_span(of(LT_TYPE_MAP, map, 1)));
	memset(memory, 0xff, SLAB_BYTES); /* nothing of it is read any more */
	const struct lt_attr *copied = copy.data.attrs.items;
	ck_assert_int_eq(copied->type, LT_TYPE_MAP);
	copied = lt_map_find(copied, "k");
	ck_assert_uint_eq(copied->n_items, 3);
	ck_assert_slice_eq(copied->value.attrs[0].value.bytes, "bytes");
	ck_assert_int_eq(copied->value.attrs[1].type, LT_TYPE_NONE);
	ck_assert_uint_eq(copied->value.attrs[1].key.len, 0);
	ck_assert_uint_eq(copied->value.attrs[2].n_items, 0);
	lt_arena_done(&copy.arena);
}
END_TEST

/* levels arrays in each other. */
static struct lt_attr nested(unsigned levels)
{
	struct lt_attr attr = of(LT_TYPE_ARRAY, attributes(0), 0);
	while (--levels) {
		struct lt_attr *item = attributes(1);
		*item = attr;
		attr = of(LT_TYPE_ARRAY, item, 1);
	}
	return attr;
}

START_TEST(as_many_levels_as_a_span_may_have_are_read_and_no_more)
{
	ck_assert(read_span(nested(LT_VALUE_DEPTH_MAX)));
	lt_arena_done(&copy.arena);
	ck_assert(!read_span(nested(LT_VALUE_DEPTH_MAX + 1)));
}
END_TEST

START_TEST(an_array_that_contains_itself_is_unsound)
{
	struct lt_attr *items = attributes(100);
	for (int i = 0; i < 100; i++)
		items[i] = of(_i ? LT_TYPE_MAP : LT_TYPE_ARRAY, items, 100);
	ck_assert(!read_span(items[0]));
}
END_TEST

START_TEST(a_value_that_does_not_lie_in_the_slab_is_unsound)
{
	struct lt_attr *items = (struct lt_attr *)(memory + SLAB_BYTES) - 1;
	ck_assert(!read_span(of(LT_TYPE_ARRAY, items, 2)));
	ck_assert(!read_span(of(LT_TYPE_ARRAY, items, INT32_MAX)));
	ck_assert(!read_span(of(LT_TYPE_MAP, (struct lt_attr *)(memory - FAR), 1)));
	ck_assert(!read_span((struct lt_attr){.key = text("k"),
		.type = LT_TYPE_BYTES,
		.value.bytes = {theirs(memory + SLAB_BYTES - 1), 2}}));
}
END_TEST

START_TEST(a_map_without_a_key_or_with_an_unknown_type_is_unsound)
{
	struct lt_attr *map = attributes(1);
	map->type = LT_TYPE_INT;
	ck_assert(!read_span(of(LT_TYPE_MAP, map, 1)));
	*map = of((enum lt_type)(LT_TYPE_MAP + 1), map, 1);
	ck_assert(!read_span(of(LT_TYPE_MAP, map, 1)));
}
END_TEST

static struct lt_attr with_key(struct lt_slice key)
{
	return (struct lt_attr){.key = key, .type = LT_TYPE_INT, .fixed_key = 1};
}

START_TEST(a_key_that_spans_share_is_copied_once)
{
	struct lt_slice key = text("shared");
	ck_assert(read_span(with_key(key)));
	const char *first = copy.data.attrs.items->key.ptr;
	lt_arena_done(&copy.arena);
	memset(memory + HEAP_AT, 'x', 6); /* its program must not; the relay has its own */
	ck_assert(read_span(with_key(key)));
	ck_assert_ptr_eq(copy.data.attrs.items->key.ptr, first);
	ck_assert_slice_eq(copy.data.attrs.items->key, "shared");
	lt_arena_done(&copy.arena);
	key.len--;
	ck_assert(read_span(with_key(key)));
	ck_assert_slice_eq(copy.data.attrs.items->key, "xxxxx");
	lt_arena_done(&copy.arena);
}
END_TEST

START_TEST(more_shared_keys_than_there_are_places_are_copied)
{
	for (int i = 0; i < 4 * KEYS_MAX; i++) {
		char name[16];
		snprintf(name, sizeof(name), "key %d", i);
		ck_assert(read_span(with_key(text(name))));
		ck_assert_slice_eq(copy.data.attrs.items->key, name);
		lt_arena_done(&copy.arena);
	}
}
END_TEST

START_TEST(a_shared_key_that_does_not_lie_in_the_slab_is_unsound)
{
	ck_assert(!read_span(with_key((struct lt_slice){theirs(memory + SLAB_BYTES - 1), 2})));
	ck_assert(!read_span(with_key((struct lt_slice){NULL, 1})));
	ck_assert(!read_span(with_key((struct lt_slice){theirs(memory), 0})));
	ck_assert(!read_span(with_key((struct lt_slice){theirs(memory), SIZE_MAX})));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("relay reader");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, bytes_arrays_and_maps_are_copied);
	tcase_add_test(tests, as_many_levels_as_a_span_may_have_are_read_and_no_more);
	tcase_add_loop_test(tests, an_array_that_contains_itself_is_unsound, 0, 2);
	tcase_add_test(tests, a_value_that_does_not_lie_in_the_slab_is_unsound);
	tcase_add_test(tests, a_map_without_a_key_or_with_an_unknown_type_is_unsound);
	tcase_add_test(tests, a_key_that_spans_share_is_copied_once);
	tcase_add_test(tests, more_shared_keys_than_there_are_places_are_copied);
	tcase_add_test(tests, a_shared_key_that_does_not_lie_in_the_slab_is_unsound);
	return run_tests(tests, "relay reader");
}
