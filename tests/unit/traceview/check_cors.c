/* SPDX-License-Identifier: Apache-2.0 */
/* check_cors.c - the origins whose pages may send spans to traceview. */
#include "case_files.h"
#include "check_main.h"
#include "serve/cors.h"

static void may_send(char *origin)
{
	ck_assert_msg(cors_is_loopback(lt_slice(origin)), "%s", origin);
}

static void may_not_send(char *origin)
{
	ck_assert_msg(!cors_is_loopback(lt_slice(origin)), "%s", origin);
}

START_TEST(pages_of_this_machine_may_send)
{
	for_each_case("origin/loopback.txt", may_send);
}
END_TEST

START_TEST(pages_of_other_machines_may_not)
{
	for_each_case("origin/other.txt", may_not_send);
}
END_TEST

START_TEST(no_cut_of_an_origin_reads_past_its_end)
{
	static const char origin[] = "https://[::1]:8443";
	for (size_t n = 0; n < sizeof(origin); n++) {
		char *copy = malloc(n + 1);
		memcpy(copy, origin, n);
		cors_is_loopback((struct lt_slice){copy, n});
		free(copy);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("cors");
	tcase_add_test(tests, pages_of_this_machine_may_send);
	tcase_add_test(tests, pages_of_other_machines_may_not);
	tcase_add_test(tests, no_cut_of_an_origin_reads_past_its_end);
	return run_tests(tests, "cors");
}
