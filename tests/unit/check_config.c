/* SPDX-License-Identifier: Apache-2.0 */
/* check_config.c - how OTEL_* variables are read, and that what is wrong is said. */
#include "check_main.h"
#include "config.h"
#include "reports.h"

#include <errno.h>

static void set_up(void)
{
	keep_reports();
	unsetenv("OTEL_X");
}

START_TEST(empty_is_unset)
{
	setenv("OTEL_X", "", 1);
	ck_assert_ptr_null(lt_config_string("OTEL_X"));
	ck_assert_uint_eq(lt_config_uint("OTEL_X", 7, 0, 10), 7);
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
		"11", "-1", "x", "1x", " 1", "1.5", "99999999999999999999999"};
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

START_TEST(broken_pairs_are_refused)
{
	static const char *const bad[] = {"a", "=1", "a=%", "a=%2", "a=%zz", "a=%00", "%=1"};
	char text[16];
	char *rest = strcpy(text, bad[_i]);
	struct lt_config_pair pair;
	ck_assert_int_eq(lt_config_next_pair(&rest, &pair), -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("config");
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, empty_is_unset);
	tcase_add_test(tests, numbers_in_range_are_taken);
	tcase_add_loop_test(tests, bad_numbers_are_said_and_the_default_stays, 0, 7);
	tcase_add_test(tests, only_true_is_true);
	tcase_add_test(tests, pairs_are_split_trimmed_and_decoded);
	tcase_add_loop_test(tests, broken_pairs_are_refused, 0, 7);
	return run_tests(tests, "config");
}
