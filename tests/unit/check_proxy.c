/* SPDX-License-Identifier: Apache-2.0 */
/* check_proxy.c - which requests go through the environment's proxy. */
#include "case_files.h"
#include "check_main.h"
#include "export/proxy.h"

#include <netdb.h>
#include <unistd.h>

static void set_up(void)
{
	clearenv();
}

static void goes(char *line)
{
	char *exceptions = strsep(&line, "|"), *host = strsep(&line, "|");
	struct lt_proxy proxy = {.url = (char[]){"http://proxy:3128"}, .exceptions = exceptions};
	const char *reason = lt_proxy_exemption(&proxy, lt_slice(host));
	ck_assert_msg(!reason == (strcmp(line, "through") == 0), "%s with no_proxy=%s: %s", host,
		exceptions, reason ? reason : "through");
}

START_TEST(loopback_and_what_no_proxy_names_go_past_it)
{
	for_each_case("proxy/no_proxy.txt", goes);
}
END_TEST

START_TEST(a_name_goes_past_it_if_its_address_does)
{
	char name[256], exceptions[NI_MAXHOST + 8];
	struct addrinfo *found;
	ck_assert_int_eq(gethostname(name, sizeof(name)), 0);
	if (getaddrinfo(name, NULL, NULL, &found) != 0)
		return; /* this machine's name means nothing here */
	ck_assert_int_eq(getnameinfo(found->ai_addr, found->ai_addrlen, exceptions, NI_MAXHOST,
				 NULL, 0, NI_NUMERICHOST),
		0);
	exceptions[strcspn(exceptions, "%")] = '\0';
	freeaddrinfo(found);
	struct lt_proxy proxy = {.url = (char[]){"http://proxy:3128"}, .exceptions = exceptions};
	ck_assert_ptr_nonnull(lt_proxy_exemption(&proxy, lt_slice(name)));
}
END_TEST

static void found_is(const char *endpoint, const char *variable, const char *url)
{
	struct lt_proxy proxy;
	lt_proxy_init(&proxy, endpoint);
	ck_assert_pstr_eq(proxy.variable, variable);
	ck_assert_pstr_eq(proxy.url, url);
	lt_proxy_done(&proxy);
}

START_TEST(each_scheme_has_its_variable_and_all_have_one)
{
	found_is("http://h", NULL, NULL);
	setenv("HTTP_PROXY", "a", 1); /* may be a header's, in a CGI program */
	found_is("http://h", NULL, NULL);
	setenv("ALL_PROXY", "b", 1);
	found_is("http://h", "ALL_PROXY", "b");
	setenv("all_proxy", " c\n", 1);
	found_is("https://h", "all_proxy", "c");
	setenv("HTTPS_PROXY", "d", 1);
	found_is("HTTPS://h", "HTTPS_PROXY", "d");
	setenv("https_proxy", "e", 1);
	found_is("https://h", "https_proxy", "e");
	found_is("http://h", "all_proxy", "c");
	setenv("http_proxy", "f", 1);
	found_is("http://h", "http_proxy", "f");
	setenv("http_proxy", "", 1);
	found_is("http://h", "all_proxy", "c");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("proxy");
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, loopback_and_what_no_proxy_names_go_past_it);
	tcase_add_test(tests, a_name_goes_past_it_if_its_address_does);
	tcase_add_test(tests, each_scheme_has_its_variable_and_all_have_one);
	return run_tests(tests, "proxy");
}
