/* SPDX-License-Identifier: Apache-2.0 */
/* check_base.c - text, bytes and memory of services/base. */
#include "base/arena.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "check_main.h"

#include <errno.h>
#include <math.h>
#include <stdalign.h>

START_TEST(an_arena_gives_zeroed_aligned_memory_also_after_a_reset)
{
	struct arena arena;
	arena_init(&arena, 1 << 20);
	for (int round = 0; round < 2; round++) {
		for (size_t n = 1; n < 100; n += 7) {
			char *bytes = arena_alloc(&arena, n, 3);
			ck_assert_uint_eq((uintptr_t)bytes % alignof(max_align_t), 0);
			for (size_t i = 0; i < 3 * n; i++)
				ck_assert_int_eq(bytes[i], 0);
			memset(bytes, 0xff, 3 * n);
		}
		arena_reset(&arena);
	}
	arena_done(&arena);
}
END_TEST

START_TEST(an_arena_stops_at_its_limit_and_gives_it_all_back)
{
	struct arena arena;
	arena_init(&arena, 100000);
	ck_assert_ptr_null(arena_alloc(&arena, 1, 100001));
	ck_assert_int_eq(arena.error, -EMSGSIZE);
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX / 2, 3)); /* overflows */
	ck_assert_uint_eq(arena.total, 0);
	for (int round = 0; round < 3; round++) {
		ck_assert_ptr_nonnull(arena_alloc(&arena, 1, 60000));
		ck_assert_ptr_null(arena_alloc(&arena, 1, 60000));
		arena_reset(&arena);
		ck_assert_uint_le(arena.total, 16384); /* one chunk of the ordinary size */
	}
	arena_done(&arena);
}
END_TEST

START_TEST(a_buffer_over_its_limit_stays_failed_and_as_it_was)
{
	struct buffer buffer;
	buffer_init(&buffer, 10);
	buffer_puts(&buffer, "12345678");
	buffer_puts(&buffer, "9ab");
	ck_assert(buffer.failed && !buffer.out_of_memory);
	buffer_puts(&buffer, "9");
	ck_assert_slice_eq(buffer_slice(&buffer), "12345678");
	buffer_done(&buffer);
	ck_assert(!buffer.failed);
	buffer_printf(&buffer, "%d-%s", 12, "abcd");
	ck_assert_slice_eq(buffer_slice(&buffer), "12-abcd");
	buffer_done(&buffer);
}
END_TEST

START_TEST(hex_is_exactly_the_bytes_in_either_case)
{
	uint8_t bytes[4];
	char text[9];
	ck_assert(hex_parse(lt_slice("00fFa1B2"), bytes, 4));
	ck_assert_str_eq(hex_print(bytes, 4, text), "00ffa1b2");
	static const char *const malformed[] = {
		"", "00ffa1b", "00ffa1b2c", "00ffa1bg", "0x00ffa1", " 0ffa1b2", "00ffa1b:"};
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		ck_assert_msg(!hex_parse(lt_slice(malformed[i]), bytes, 4), "%s", malformed[i]);
}
END_TEST

static const struct {
	const char *bytes, *text;
} base64s[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+"}}; /* RFC 4648, 10 */

START_TEST(base64_is_that_of_rfc_4648_in_both_directions)
{
	for (size_t i = 0; i < sizeof(base64s) / sizeof(base64s[0]); i++) {
		struct buffer buffer;
		uint8_t bytes[16];
		buffer_init(&buffer, 100);
		base64_encode(&buffer, lt_slice(base64s[i].bytes));
		ck_assert_slice_eq(buffer_slice(&buffer), base64s[i].text);
		ck_assert_int_eq(base64_decode(lt_slice(base64s[i].text), bytes),
			(long)strlen(base64s[i].bytes));
		ck_assert_mem_eq(bytes, base64s[i].bytes, strlen(base64s[i].bytes));
		buffer_done(&buffer);
	}
}
END_TEST

START_TEST(base64_is_read_without_padding_and_url_safe_and_nothing_else)
{
	uint8_t bytes[16];
	ck_assert_int_eq(base64_decode(lt_slice("Zg"), bytes), 1);
	ck_assert_int_eq(base64_decode(lt_slice("-__-"), bytes), 3);
	ck_assert_mem_eq(bytes, "\xfb\xff\xfe", 3);
	static const char *const malformed[] = {
		"Z", "Zg=", "Zg===", "Z===", "Zm9vY", "Zm 9v", "Zm9v\n"};
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		ck_assert_msg(
			base64_decode(lt_slice(malformed[i]), bytes) == -1, "%s", malformed[i]);
}
END_TEST

START_TEST(json_is_written_with_its_commas_and_escapes)
{
	struct buffer buffer;
	buffer_init(&buffer, 1000);
	struct json_writer writer = {.out = &buffer};
	static const uint8_t id[] = {0xab, 0x01};
	jw_begin(&writer, '{');
	jw_key(&writer, "a");
	jw_begin(&writer, '[');
	jw_int(&writer, INT64_MIN);
	jw_uint(&writer, UINT64_MAX);
	jw_quoted_int(&writer, -1);
	jw_quoted_uint(&writer, 1);
	jw_bool(&writer, true);
	jw_null(&writer);
	jw_end(&writer, ']');
	jw_key(&writer, "b");
	jw_begin(&writer, '{');
	jw_end(&writer, '}');
	jw_key(&writer, "c");
	jw_string(&writer, lt_slice("\"\\\n\x01 \xc3\xa4 \xff"));
	jw_key(&writer, "d");
	jw_hex(&writer, id, sizeof(id));
	jw_key(&writer, "e");
	jw_base64(&writer, lt_slice("f"));
	jw_end(&writer, '}');
	ck_assert_slice_eq(buffer_slice(&buffer),
		"{\"a\":[-9223372036854775808,18446744073709551615,\"-1\",\"1\",true,null],\"b\":{}"
		","
		"\"c\":\"\\\"\\\\\\n\\u0001 \xc3\xa4 "
		"\xef\xbf\xbd\",\"d\":\"ab01\",\"e\":\"Zg==\"}");
	buffer_done(&buffer);
}
END_TEST

START_TEST(a_double_is_written_as_the_shortest_text_that_reads_back_the_same)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0.1, "0.1"}, {1, "1"}, {-1.5, "-1.5"}, {1e300, "1e+300"}, {1e-7, "1e-7"},
		{1.0 / 3, "0.3333333333333333"}, {NAN, "\"NaN\""}, {INFINITY, "\"Infinity\""},
		{-INFINITY, "\"-Infinity\""}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer buffer;
		buffer_init(&buffer, 100);
		jw_double(&(struct json_writer){.out = &buffer}, cases[i].value);
		ck_assert_slice_eq(buffer_slice(&buffer), cases[i].text);
		buffer_done(&buffer);
	}
}
END_TEST

START_TEST(a_string_cut_into_steps_keeps_its_characters_whole)
{
	enum { N = 10000 };
	static char text[3 * N + 1];
	struct buffer buffer;
	for (int i = 0; i < N; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 3);
	buffer_init(&buffer, sizeof(text) + 10);
	jw_string(&(struct json_writer){.out = &buffer}, lt_slice(text));
	ck_assert_uint_eq(buffer.len, 3 * N + 2);
	ck_assert_mem_eq(buffer.data + 1, text, 3 * N);
	buffer_done(&buffer);
}
END_TEST

START_TEST(text_that_does_not_fit_is_left_out_as_a_whole)
{
	char bytes[8];
	struct text text = text_in(bytes, sizeof(bytes));
	text_adds(&text, "abc");
	text_adds(&text, "defghi");
	ck_assert(text.is_cut);
	text_addi(&text, -12);
	text_add_json(&text, "x", 1); /* needs three, there are two */
	ck_assert_slice_eq(((struct lt_slice){text.ptr, text.len}), "abc-12");
}
END_TEST

START_TEST(a_json_string_in_text_takes_no_more_than_its_limit)
{
	char bytes[TEXT_JSON_MAX(3)];
	struct text text = text_in(bytes, sizeof(bytes));
	text_add_json(&text, "\x01\x02\x7f", 3);
	ck_assert(!text.is_cut);
	ck_assert_slice_eq(((struct lt_slice){text.ptr, text.len}), "\"\\u0001\\u0002\\u007f\"");
}
END_TEST

START_TEST(utf8_is_valid_as_unicode_has_it)
{
	static const struct {
		const char *bytes;
		unsigned length;
	} cases[] = {{"a", 1}, {"\xc2\x80", 2}, {"\xe0\xa0\x80", 3}, {"\xed\x9f\xbf", 3},
		{"\xf0\x90\x80\x80", 4}, {"\xf4\x8f\xbf\xbf", 4}, {"\x80", 0}, {"\xc1\xbf", 0},
		{"\xe0\x9f\xbf", 0}, {"\xed\xa0\x80", 0}, {"\xf0\x8f\xbf\xbf", 0},
		{"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0}, {"\xe2\x82", 0}, {"\xc3(", 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_uint_eq(
			utf8_length(cases[i].bytes, strlen(cases[i].bytes)), cases[i].length);
		ck_assert_int_eq(
			utf8_is_valid(cases[i].bytes, strlen(cases[i].bytes)), cases[i].length > 0);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("services base");
	tcase_add_test(tests, an_arena_gives_zeroed_aligned_memory_also_after_a_reset);
	tcase_add_test(tests, an_arena_stops_at_its_limit_and_gives_it_all_back);
	tcase_add_test(tests, a_buffer_over_its_limit_stays_failed_and_as_it_was);
	tcase_add_test(tests, hex_is_exactly_the_bytes_in_either_case);
	tcase_add_test(tests, base64_is_that_of_rfc_4648_in_both_directions);
	tcase_add_test(tests, base64_is_read_without_padding_and_url_safe_and_nothing_else);
	tcase_add_test(tests, json_is_written_with_its_commas_and_escapes);
	tcase_add_test(tests, a_double_is_written_as_the_shortest_text_that_reads_back_the_same);
	tcase_add_test(tests, a_string_cut_into_steps_keeps_its_characters_whole);
	tcase_add_test(tests, text_that_does_not_fit_is_left_out_as_a_whole);
	tcase_add_test(tests, a_json_string_in_text_takes_no_more_than_its_limit);
	tcase_add_test(tests, utf8_is_valid_as_unicode_has_it);
	return run_tests(tests, "services base");
}
