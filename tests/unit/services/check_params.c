/* SPDX-License-Identifier: Apache-2.0 */
/* check_params.c - a query's parameters and their values, as Go reads them. */
#include "check_main.h"
#include "query/params.h"

#include <stdio.h>

static struct arena arena;

static void set_up(void)
{
	arena_init(&arena, 1 << 20);
}

static void tear_down(void)
{
	arena_done(&arena);
}

START_TEST(parameters_are_decoded_and_the_first_that_is_not_empty_counts)
{
	struct params params;
	ck_assert_int_eq(params_parse(&params,
				 lt_slice("a=&a=x+y%2Bz&b=%zz&c&&=d&a=later&e=f=g&%68=i"), &arena),
		0);
	ck_assert_str_eq(params_get(&params, "a"), "x y+z");
	ck_assert_str_eq(params_get(&params, "e"), "f=g");
	ck_assert_str_eq(params_get(&params, "h"), "i");
	ck_assert_ptr_null(params_get(&params, "c"));
	ck_assert_ptr_null(params_get(&params, "absent"));
}
END_TEST

START_TEST(parameters_over_the_limit_are_ignored)
{
	char query[20 * PARAMS_MAX] = "";
	struct params params;
	for (int i = 0; i < PARAMS_MAX + 10; i++)
		snprintf(query + strlen(query), sizeof(query) - strlen(query), "p%d=%d&", i, i);
	ck_assert_int_eq(params_parse(&params, lt_slice(query), &arena), 0);
	ck_assert_uint_eq(params.n, PARAMS_MAX);
}
END_TEST

START_TEST(whole_numbers_are_read_to_their_limits_and_nothing_else)
{
	uint64_t u = 7;
	int64_t i = 7;
	ck_assert(parse_uint64("18446744073709551615", &u) && u == UINT64_MAX);
	ck_assert(parse_int64("-9223372036854775808", &i) && i == INT64_MIN);
	ck_assert(parse_int64("+5", &i) && i == 5);
	static const char *const malformed[] = {
		"", "18446744073709551616", "-1", "1x", " 1", "1.0"};
	for (size_t n = 0; n < sizeof(malformed) / sizeof(malformed[0]); n++)
		ck_assert_msg(!parse_uint64(malformed[n], &u), "%s", malformed[n]);
	ck_assert(!parse_int64("9223372036854775808", &i));
	ck_assert(!parse_int64("-9223372036854775809", &i));
	ck_assert(u == UINT64_MAX && i == 5); /* untouched */
}
END_TEST

START_TEST(durations_are_those_of_go)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {{"0", 0}, {"1h2m", INT64_C(3720000000000)}, {"-1.5s", -1500000000},
		{"300ms", 300000000}, {"1us", 1000}, {"1\xc2\xb5s", 1000}, {"5ns", 5},
		{".5s", 500000000}, {"+1m", INT64_C(60000000000)}};
	static const char *const malformed[] = {
		"", "1", "s", "1x", "1s 2s", "9999999h", "-", "1.s.", "--1s"};
	int64_t ns;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(parse_duration(cases[i].text, &ns), "%s", cases[i].text);
		ck_assert_int_eq(ns, cases[i].ns);
	}
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		ck_assert_msg(!parse_duration(malformed[i], &ns), "%s", malformed[i]);
}
END_TEST

START_TEST(times_are_those_of_rfc_3339)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {{"1970-01-01T00:00:00Z", 0}, {"1970-01-01T00:00:00.000000001Z", 1},
		{"1969-12-31T23:59:59Z", 0}, {"2600-01-01T00:00:00Z", UINT64_MAX},
		{"2026-08-25T12:00:00.123456789Z", UINT64_C(1787659200123456789)},
		{"2000-02-29T00:00:00+01:00", UINT64_C(951778800000000000)}};
	static const char *const malformed[] = {"", "2026-08-25", "2026-13-01T00:00:00Z",
		"2026-02-30T00:00:00Z", "2027-02-29T00:00:00Z", "2026-08-25T25:00:00Z",
		"2026-08-25T12:00:00", "2026-08-25T12:00:00Zx"};
	uint64_t ns;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(parse_rfc3339(cases[i].text, &ns), "%s", cases[i].text);
		ck_assert_uint_eq(ns, cases[i].ns);
	}
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		ck_assert_msg(!parse_rfc3339(malformed[i], &ns), "%s", malformed[i]);
}
END_TEST

START_TEST(booleans_are_those_of_go)
{
	static const char *const words[] = {"1", "t", "T", "true", "TRUE", "True"};
	bool is_true = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		ck_assert_msg(parse_bool(words[i], &is_true) && is_true, "%s", words[i]);
	ck_assert(parse_bool("F", &is_true) && !is_true);
	ck_assert(!parse_bool("yes", &is_true) && !parse_bool("", &is_true));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("services params");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, parameters_are_decoded_and_the_first_that_is_not_empty_counts);
	tcase_add_test(tests, parameters_over_the_limit_are_ignored);
	tcase_add_test(tests, whole_numbers_are_read_to_their_limits_and_nothing_else);
	tcase_add_test(tests, durations_are_those_of_go);
	tcase_add_test(tests, times_are_those_of_rfc_3339);
	tcase_add_test(tests, booleans_are_those_of_go);
	return run_tests(tests, "services params");
}
