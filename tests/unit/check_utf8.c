/* SPDX-License-Identifier: Apache-2.0 */
/* check_utf8.c - what is valid, and where a string may be cut. */
#include "check_main.h"
#include "util/utf8.h"

static const struct {
	const char *text;
	size_t valid; /* bytes */
} cases[] = {
	{"", 0},
	{"plain", 5},
	{"plain and long enough for words", 31},
	{"\xc3\xa4", 2},
	{"\xe2\x82\xac", 3},
	{"\xf0\x9f\x98\x80", 4},
	{"12345678\xc3\xa4", 10},
	{"a\xff", 1},	      /* never a byte of UTF-8 */
	{"a\x80", 1},	      /* a continuation without a start */
	{"a\xc3", 1},	      /* a start without its continuation */
	{"a\xe2\x82", 1},     /* cut */
	{"a\xc0\xaf", 1},     /* overlong '/' */
	{"a\xe0\x80\xaf", 1}, /* likewise */
	{"a\xf0\x80\x80\xaf", 1},
	{"a\xed\xa0\x80", 1},	  /* a surrogate */
	{"a\xf4\x90\x80\x80", 1}, /* over U+10FFFF */
	{"a\xf5\x80\x80\x80", 1},
};

START_TEST(only_well_formed_utf8_is_valid)
{
	ck_assert_uint_eq(lt_utf8_valid(lt_slice(cases[_i].text)), cases[_i].valid);
}
END_TEST

START_TEST(a_prefix_counts_characters_and_never_cuts_one)
{
	struct lt_slice text = lt_slice("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
	size_t ends[] = {0, 1, 3, 6, 10, 11, 11};
	for (size_t n = 0; n < sizeof(ends) / sizeof(ends[0]); n++)
		ck_assert_uint_eq(lt_utf8_prefix(text, n), ends[n]);
	ck_assert_uint_eq(lt_utf8_prefix(lt_slice("\xff\xff\xff"), 2), 2);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("utf8");
	tcase_add_loop_test(
		tests, only_well_formed_utf8_is_valid, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, a_prefix_counts_characters_and_never_cuts_one);
	return run_tests(tests, "utf8");
}
