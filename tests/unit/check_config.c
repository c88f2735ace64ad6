/* SPDX-License-Identifier: Apache-2.0 */
/* check_config.c - parsing of OTEL_* variables, and the reports about invalid ones. */
#include "check_main.h"
#include "reports.h"
#include "util/config.h"

#include <errno.h>

static void set_up(void)
{
	keep_reports();
	unsetenv("OTEL_X");
}

START_TEST(empty_and_blank_are_unset)
{
	static const char *const none[] = {"", " ", "\t\r\n"};
	setenv("OTEL_X", none[_i], 1);
	ck_assert_ptr_null(lt_config_text("OTEL_X").ptr);
	ck_assert_ptr_null(lt_config_copy("OTEL_X"));
	ck_assert_uint_eq(lt_config_uint("OTEL_X", 7, 0, 10), 7);
	ck_assert_str_eq(last_report, "");
}
END_TEST

START_TEST(blanks_round_a_value_are_not_part_of_it)
{
	static const char *const words[] = {"one", "two"};
	setenv("OTEL_X", " a b\t\n", 1);
	ck_assert_slice_eq(lt_config_text("OTEL_X"), "a b");
	char *copy = lt_config_copy("OTEL_X");
	ck_assert_str_eq(copy, "a b");
	free(copy);
	setenv("OTEL_X", " 8\n", 1);
	ck_assert_uint_eq(lt_config_uint("OTEL_X", 7, 0, 10), 8);
	setenv("OTEL_X", " 0.5\n", 1);
	ck_assert_double_eq(lt_config_ratio("OTEL_X"), 0.5);
	setenv("OTEL_X", " true\n", 1);
	ck_assert(lt_config_bool("OTEL_X"));
	setenv("OTEL_X", " two\n", 1);
	ck_assert_uint_eq(lt_config_word("OTEL_X", words, 2, 0), 1);
	ck_assert_str_eq(last_report, "");
}
END_TEST

START_TEST(numbers_in_range_are_taken)
{
	setenv("OTEL_X", "10", 1);
	ck_assert_uint_eq(lt_config_uint("OTEL_X", 7, 0, 10), 10);
	ck_assert_str_eq(last_report, "");
}
END_TEST

START_TEST(bad_numbers_are_said_and_the_default_stays)
{
	static const char *const bad[] = {
		"11", "-1", "+1", "x", "1x", "1 1", "1.5", "99999999999999999999999"};
	setenv("OTEL_X", bad[_i], 1);
	ck_assert_uint_eq(lt_config_uint("OTEL_X", 7, 0, 10), 7);
	ck_assert_ptr_nonnull(strstr(last_report, "OTEL_X"));
	ck_assert_ptr_nonnull(strstr(last_report, "from 0 to 10"));
}
END_TEST

START_TEST(only_true_is_true)
{
	setenv("OTEL_X", "TRUE", 1);
	ck_assert(lt_config_bool("OTEL_X"));
	setenv("OTEL_X", "False", 1);
	ck_assert(!lt_config_bool("OTEL_X"));
	ck_assert_str_eq(last_report, "");
	setenv("OTEL_X", "1", 1);
	ck_assert(!lt_config_bool("OTEL_X"));
	ck_assert_ptr_nonnull(strstr(last_report, "OTEL_X"));
}
END_TEST

START_TEST(a_ratio_is_a_plain_decimal_number_from_0_to_1)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {
		{"0", 0}, {"1", 1}, {"0.25", 0.25}, {".5", 0.5}, {"1e-2", 0.01}, {"0.1E+0", 0.1}};
	static const char *const bad[] = {
		"x", "", "-0.1", "1.1", "0,25", "0x1", "nan", "inf", "0.5x", "0.5 0.5", "1e", "."};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		setenv("OTEL_X", good[i].text, 1);
		ck_assert_double_eq(lt_config_ratio("OTEL_X"), good[i].value);
		ck_assert_str_eq(last_report, "");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		last_report[0] = '\0';
		setenv("OTEL_X", bad[i], 1);
		ck_assert_double_eq(lt_config_ratio("OTEL_X"), 1);
		ck_assert(!*bad[i] || strstr(last_report, bad[i]));
	}
}
END_TEST

START_TEST(a_word_is_known_in_any_letter_case_and_another_is_said)
{
	static const char *const words[] = {"one", "two", "three"};
	setenv("OTEL_X", "TwO", 1);
	ck_assert_uint_eq(lt_config_word("OTEL_X", words, 3, 2), 1);
	setenv("OTEL_X", "", 1);
	ck_assert_uint_eq(lt_config_word("OTEL_X", words, 3, 2), 2);
	ck_assert_str_eq(last_report, "");
	setenv("OTEL_X", "tw", 1);
	ck_assert_uint_eq(lt_config_word("OTEL_X", words, 3, 2), 2);
	ck_assert_str_eq(last_report, "OTEL_X=\"tw\" is none of one, two, three; using three");
}
END_TEST

START_TEST(lists_have_no_empty_members)
{
	struct lt_slice list = lt_slice(" a ,,b c,\t, d"), item;
	static const char *const items[] = {"a", "b c", "d"};
	for (int i = 0; i < 3; i++) {
		ck_assert(lt_config_next_item(&list, &item));
		ck_assert_slice_eq(item, items[i]);
	}
	ck_assert(!lt_config_next_item(&list, &item));
	list = lt_slice(NULL);
	ck_assert(!lt_config_next_item(&list, &item));
}
END_TEST

START_TEST(pairs_are_split_trimmed_and_decoded)
{
	char text[] = " a = 1 ,b=x%2Cy%3D,, c=";
	char *rest = text;
	struct lt_config_pair pair;
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), 1);
	ck_assert_str_eq(pair.key, "a");
	ck_assert_str_eq(pair.value, "1");
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), 1);
	ck_assert_str_eq(pair.value, "x,y=");
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), 1);
	ck_assert_str_eq(pair.key, "c");
	ck_assert_str_eq(pair.value, "");
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), 0);
}
END_TEST

START_TEST(broken_pairs_are_refused_and_those_behind_them_read)
{
	static const char *const bad[] = {"a", "=1", "a=%", "a=%2", "a=%zz", "a=%00", "%=1"};
	char text[16];
	char *rest = text;
	snprintf(text, sizeof(text), "%s,k=v", bad[_i]);
	struct lt_config_pair pair;
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), -EBADMSG);
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), 1);
	ck_assert_str_eq(pair.key, "k");
	ck_assert_str_eq(pair.value, "v");
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("config");
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_loop_test(tests, empty_and_blank_are_unset, 0, 3);
	tcase_add_test(tests, blanks_round_a_value_are_not_part_of_it);
	tcase_add_test(tests, numbers_in_range_are_taken);
	tcase_add_loop_test(tests, bad_numbers_are_said_and_the_default_stays, 0, 8);
	tcase_add_test(tests, only_true_is_true);
	tcase_add_test(tests, pairs_are_split_trimmed_and_decoded);
	tcase_add_test(tests, a_ratio_is_a_plain_decimal_number_from_0_to_1);
	tcase_add_test(tests, a_word_is_known_in_any_letter_case_and_another_is_said);
	tcase_add_test(tests, lists_have_no_empty_members);
	tcase_add_loop_test(tests, broken_pairs_are_refused_and_those_behind_them_read, 0, 7);
	return run_tests(tests, "config");
}
