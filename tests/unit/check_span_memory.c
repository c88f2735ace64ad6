/* SPDX-License-Identifier: Apache-2.0 */
/* check_span_memory.c - what a span is kept in: arena, attributes, and the pool of blocks. */
#include "check_main.h"
#include "trace/attributes.h"
#include "trace/span.h"
#include "util/span_arena.h"

#include <pthread.h>
#include <stdio.h>

static _Alignas(LT_ARENA_ALIGNMENT) char first[64];
static struct lt_arena arena;

static void set_up(void)
{
	lt_arena_init(&arena, first, sizeof(first));
}

static void tear_down(void)
{
	lt_arena_done(&arena);
}

START_TEST(an_arena_fills_its_owners_memory_before_it_takes_more)
{
	ck_assert_ptr_eq(lt_arena_alloc(&arena, 8), first);
	ck_assert_ptr_eq(lt_arena_alloc(&arena, 56), first + 8);
	ck_assert_ptr_null(arena.chunks);
	ck_assert_ptr_nonnull(lt_arena_alloc(&arena, 1));
	ck_assert_ptr_nonnull(arena.chunks);
}
END_TEST

START_TEST(an_arena_aligns_objects_after_text_that_ends_anywhere)
{
	for (size_t n = 1; n < 20; n++) {
		ck_assert_ptr_nonnull(lt_arena_alloc_text(&arena, n));
		ck_assert_uint_eq((uintptr_t)lt_arena_alloc(&arena, 3) % LT_ARENA_ALIGNMENT, 0);
	}
}
END_TEST

START_TEST(an_arena_gives_its_limit_and_not_a_byte_more)
{
	ck_assert_ptr_null(lt_arena_alloc(&arena, LT_ARENA_MAX_BYTES + 1));
	ck_assert_ptr_nonnull(lt_arena_alloc(&arena, LT_ARENA_MAX_BYTES));
	ck_assert_ptr_null(lt_arena_alloc(&arena, 65));
	ck_assert_uint_eq(arena.n_bytes, LT_ARENA_MAX_BYTES);
}
END_TEST

START_TEST(text_of_any_length_is_copied_to_the_byte)
{
	char text[100];
	for (int i = 0; i < 100; i++)
		text[i] = (char)(' ' + i % 90);
	for (size_t len = 0; len < sizeof(text); len++) {
		struct lt_slice copy;
		ck_assert(lt_arena_copy(&arena, (struct lt_slice){text, len}, &copy));
		ck_assert_uint_eq(copy.len, len);
		ck_assert_mem_eq(copy.ptr, text, len);
	}
}
END_TEST

START_TEST(an_array_that_cannot_grow_stays_as_it_was)
{
	uint32_t capacity = 0, n = 0;
	uint64_t *items = NULL, *grown;
	while ((grown = lt_arena_grow(&arena, items, n, &capacity, sizeof(*items)))) {
		items = grown;
		items[n] = n;
		n++;
	}
	ck_assert_uint_gt(n, 10000);
	ck_assert_uint_eq(n, capacity);
	for (uint32_t i = 0; i < n; i++)
		ck_assert(items[i] == i);
}
END_TEST

static struct lt_attributes set;
static struct lt_attributes_room room;

static void add(struct lt_attribute_limits limits, const struct lt_attr *attrs, size_t n)
{
	lt_attributes_add(&set, &room, &arena, &limits, attrs, n);
}

#define NO_LIMITS                                                                                  \
	(struct lt_attribute_limits)                                                               \
	{                                                                                          \
		.count = UINT32_MAX, .value_length = UINT32_MAX                                    \
	}

START_TEST(a_key_that_comes_again_replaces_the_value_in_its_place)
{
	add(NO_LIMITS, LT_ATTRS(lt_int("a", 1), lt_int("b", 2)));
	add(NO_LIMITS, LT_ATTRS(lt_str("a", "text"), lt_int("c", 3)));
	ck_assert_uint_eq(set.n, 3);
	ck_assert_slice_eq(set.items[0].key, "a");
	ck_assert_slice_eq(set.items[0].value.string, "text");
	ck_assert_uint_eq(set.n_dropped, 0);
}
END_TEST

START_TEST(attributes_over_the_count_are_dropped_and_counted_but_may_be_replaced)
{
	struct lt_attribute_limits limits = {.count = 2, .value_length = UINT32_MAX};
	add(limits, LT_ATTRS(lt_int("a", 1), lt_int("b", 2), lt_int("c", 3), lt_int("d", 4)));
	add(limits, LT_ATTRS(lt_int("b", 5)));
	ck_assert_uint_eq(set.n, 2);
	ck_assert_uint_eq(set.n_dropped, 2);
	ck_assert_int_eq(lt_attributes_find(&set, "b")->value.integer, 5);
}
END_TEST

START_TEST(values_are_cut_between_characters_and_not_counted)
{
	struct lt_attribute_limits limits = {.count = UINT32_MAX, .value_length = 2};
	struct lt_slice strings[] = {lt_slice("abc"), lt_slice("\xc3\xa4\xc3\xb6\xc3\xbc")};
	add(limits, LT_ATTRS(lt_str("s", "\xe2\x82\xac\xe2\x82\xacx"), lt_strs("a", strings, 2)));
	ck_assert_slice_eq(set.items[0].value.string, "\xe2\x82\xac\xe2\x82\xac");
	ck_assert_slice_eq(set.items[1].value.strings[0], "ab");
	ck_assert_slice_eq(set.items[1].value.strings[1], "\xc3\xa4\xc3\xb6");
	ck_assert_uint_eq(set.n_dropped, 0);
}
END_TEST

START_TEST(an_attribute_without_key_or_value_is_no_attribute)
{
	struct lt_attr none = {.key = lt_slice("k"), .type = LT_TYPE_NONE};
	struct lt_attr unknown = {.key = lt_slice("k"), .type = LT_TYPE_MAP + 1};
	add(NO_LIMITS, LT_ATTRS(lt_int("", 1), lt_int(NULL, 1), lt_strs("k", NULL, 2)));
	add(NO_LIMITS, &none, 1);
	add(NO_LIMITS, &unknown, 1);
	ck_assert_uint_eq(set.n, 0);
	ck_assert_uint_eq(set.n_dropped, 0);
}
END_TEST

START_TEST(keys_that_share_a_filter_bit_are_told_apart)
{
	enum { N = 200 }; /* the filter has 64 bits */
	for (int i = 0; i < N; i++) {
		char key[16];
		snprintf(key, sizeof(key), "key %d", i);
		add(NO_LIMITS, LT_ATTRS(lt_int(key, i)));
	}
	ck_assert_uint_eq(set.n, N);
	for (int i = 0; i < N; i++) {
		char key[16];
		snprintf(key, sizeof(key), "key %d", i);
		ck_assert_int_eq(lt_attributes_find(&set, key)->value.integer, i);
	}
}
END_TEST

START_TEST(an_attribute_that_the_arena_cannot_hold_is_dropped_and_counted)
{
	static char large[LT_ARENA_MAX_BYTES + 1];
	memset(large, 'x', sizeof(large) - 1);
	add(NO_LIMITS, LT_ATTRS(lt_str("large", large), lt_int("small", 1)));
	ck_assert_uint_eq(set.n, 1);
	ck_assert_uint_eq(set.n_dropped, 1);
	ck_assert_slice_eq(set.items[0].key, "small");
}
END_TEST

#define N_BLOCKS 500

static struct lt_span *blocks[N_BLOCKS];

static void *put_all(void *unused)
{
	for (int i = 0; i < N_BLOCKS; i++)
		lt_span_pool_put(blocks[i]);
	return NULL;
}

START_TEST(blocks_put_on_one_thread_come_back_on_another_each_once)
{
	for (int round = 0; round < 3; round++) {
		pthread_t thread;
		for (int i = 0; i < N_BLOCKS; i++) {
			blocks[i] = lt_span_pool_get();
			ck_assert_ptr_nonnull(blocks[i]);
			ck_assert_uint_eq((uintptr_t)blocks[i] % LT_SPAN_HEADS, 0);
			blocks[i]->tracer = (struct lt_tracer *)blocks[i]; /* whose it is */
		}
		for (int i = 0; i < N_BLOCKS; i++) {
			ck_assert(blocks[i]->tracer == (struct lt_tracer *)blocks[i]);
			blocks[i]->tracer = NULL; /* a block that is there twice is seen */
		}
		pthread_create(&thread, NULL, put_all, NULL);
		pthread_join(thread, NULL);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("span_memory");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_arena_fills_its_owners_memory_before_it_takes_more);
	tcase_add_test(tests, an_arena_aligns_objects_after_text_that_ends_anywhere);
	tcase_add_test(tests, an_arena_gives_its_limit_and_not_a_byte_more);
	tcase_add_test(tests, text_of_any_length_is_copied_to_the_byte);
	tcase_add_test(tests, an_array_that_cannot_grow_stays_as_it_was);
	tcase_add_test(tests, a_key_that_comes_again_replaces_the_value_in_its_place);
	tcase_add_test(
		tests, attributes_over_the_count_are_dropped_and_counted_but_may_be_replaced);
	tcase_add_test(tests, values_are_cut_between_characters_and_not_counted);
	tcase_add_test(tests, an_attribute_without_key_or_value_is_no_attribute);
	tcase_add_test(tests, keys_that_share_a_filter_bit_are_told_apart);
	tcase_add_test(tests, an_attribute_that_the_arena_cannot_hold_is_dropped_and_counted);
	tcase_add_test(tests, blocks_put_on_one_thread_come_back_on_another_each_once);
	return run_tests(tests, "span_memory");
}
