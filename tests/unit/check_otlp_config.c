/* SPDX-License-Identifier: Apache-2.0 */
/* check_otlp_config.c - the endpoint and headers of the exporter, and the reports about them. */
#include "case_files.h"
#include "check_main.h"
#include "export/otlp_endpoint.h"
#include "export/otlp_http_config.h"
#include "reports.h"

#include <errno.h>
#include <libtrace/sdk.h>

static struct lt_otlp_http_config config;

static int read_config(void)
{
	static const struct lt_otlp_http_options defaults;
	return lt_otlp_http_config_init(&config, &defaults);
}

static void set_up(void)
{
	keep_reports();
	clearenv();
}

static void url_is(char *line, const char *path)
{
	char *expected = strchr(line, ' '), *url;
	*expected++ = '\0';
	ck_assert_msg(lt_otlp_endpoint_new(lt_slice(line), path, &url) == 0, "refused: %s", line);
	ck_assert_str_eq(url, expected);
	free(url);
}

static void base_is_joined(char *line)
{
	url_is(line, "v1/traces");
}

static void own_is_kept(char *line)
{
	url_is(line, NULL);
}

static void is_refused(char *line)
{
	char *url;
	ck_assert_msg(lt_otlp_endpoint_new(lt_slice(line), "v1/traces", &url) == -EINVAL,
		"taken: %s", line);
}

static void is_shown(char *line)
{
	char *expected = strchr(line, ' ');
	*expected++ = '\0';
	char *shown = lt_otlp_endpoint_shown(lt_slice(line));
	ck_assert_str_eq(shown, expected);
	free(shown);
}

START_TEST(the_base_gets_its_path_before_the_query_and_loses_the_fragment)
{
	for_each_case("endpoint/base.txt", base_is_joined);
}
END_TEST

START_TEST(the_traces_own_endpoint_is_used_as_it_is)
{
	for_each_case("endpoint/own.txt", own_is_kept);
}
END_TEST

START_TEST(what_cannot_be_an_endpoint_is_refused)
{
	for_each_case("endpoint/invalid.txt", is_refused);
}
END_TEST

START_TEST(what_is_shown_has_no_secrets)
{
	for_each_case("endpoint/shown.txt", is_shown);
}
END_TEST

START_TEST(blanks_round_an_endpoint_are_not_part_of_it)
{
	setenv("OTEL_EXPORTER_OTLP_ENDPOINT", " http://h:4318\n", 1);
	ck_assert_int_eq(read_config(), 0);
	ck_assert_str_eq(config.endpoint, "http://h:4318/v1/traces");
	lt_otlp_http_config_done(&config);

	setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", " \t", 1);
	ck_assert_int_eq(read_config(), 0);
	ck_assert_str_eq(config.endpoint, "http://h:4318/v1/traces");
	lt_otlp_http_config_done(&config);
}
END_TEST

START_TEST(a_missing_scheme_is_said_with_what_may_be_meant)
{
	setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "user:secret@localhost:4318", 1);
	ck_assert_int_eq(read_config(), -EINVAL);
	lt_otlp_http_config_done(&config);
	ck_assert_ptr_nonnull(strstr(last_report, "OTEL_EXPORTER_OTLP_ENDPOINT"));
	ck_assert_ptr_nonnull(strstr(last_report, "did you mean http://localhost:4318?"));
	ck_assert_ptr_null(strstr(last_report, "secret"));
}
END_TEST

static void headers_are(char *line)
{
	char *expected = strchr(line, '\t');
	*expected++ = '\0';
	setenv("OTEL_EXPORTER_OTLP_HEADERS", line, 1);
	last_report[0] = '\0';
	ck_assert_int_eq(read_config(), 0);
	size_t n = 0;
	for (char *header; (header = strsep(&expected, "\t")) && *header; n++) {
		ck_assert_msg(n < config.n_headers, "%s: no %s", line, header);
		ck_assert_str_eq(config.headers[n], header);
	}
	ck_assert_msg(config.n_headers == n, "%s: %zu headers", line, config.n_headers);
	lt_otlp_http_config_done(&config);
}

START_TEST(headers_are_decoded_checked_and_each_stands_for_itself)
{
	for_each_case("headers/cases.txt", headers_are);
}
END_TEST

START_TEST(a_header_left_out_is_said_without_its_secrets)
{
	setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=1,Authorization: Basic c2VjcmV0=", 1);
	ck_assert_int_eq(read_config(), 0);
	ck_assert_ptr_nonnull(strstr(last_report, "OTEL_EXPORTER_OTLP_HEADERS: header 2"));
	ck_assert_ptr_null(strstr(last_report, "c2VjcmV0"));
	lt_otlp_http_config_done(&config);
}
END_TEST

START_TEST(more_headers_than_there_is_room_for_are_said)
{
	char list[LT_OTLP_HEADERS_MAX * 8 + 16] = "";
	for (int i = 0; i <= LT_OTLP_HEADERS_MAX; i++)
		sprintf(list + strlen(list), "h%d=1,", i);
	setenv("OTEL_EXPORTER_OTLP_HEADERS", list, 1);
	ck_assert_int_eq(read_config(), 0);
	ck_assert_uint_eq(config.n_headers, LT_OTLP_HEADERS_MAX);
	ck_assert_ptr_nonnull(strstr(last_report, "header 65 is one too many"));
	lt_otlp_http_config_done(&config);
}
END_TEST

START_TEST(settings_outlive_the_environment_they_came_from)
{
	setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", " /a.pem ", 1);
	ck_assert_int_eq(read_config(), 0);
	clearenv();
	ck_assert_str_eq(config.certificate, "/a.pem");
	ck_assert_ptr_null(config.client_key);
	lt_otlp_http_config_done(&config);
}
END_TEST

START_TEST(what_is_set_in_code_wins_over_the_variables)
{
	static const struct lt_otlp_header headers[] = {
		{"x-tenant", "red"}, {"x-new", "1"}, {"Host\n", "broken"}};
	const struct lt_otlp_http_options options = {.endpoint = "http://code:1/p",
		.protocol = "http/json",
		.compression = "gzip",
		.timeout_ms = 7,
		.headers = headers,
		.n_headers = 3,
		.certificate = "/ca.pem",
		.client_certificate = "/c.pem",
		.client_key = "/k.pem",
		.max_request_bytes = 1000,
		.max_response_bytes = 2000};
	setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://variable:2", 1);
	setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "9", 1);
	setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Tenant=blue,api-key=k", 1);
	setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/other.pem", 1);
	ck_assert_int_eq(lt_otlp_http_config_init(&config, &options), 0);
	ck_assert_str_eq(config.endpoint, "http://code:1/p");
	ck_assert(config.json && config.gzip);
	ck_assert_uint_eq(config.timeout_ms, 7);
	ck_assert_uint_eq(config.n_headers, 3);
	ck_assert_str_eq(config.headers[0], "api-key: k");
	ck_assert_str_eq(config.headers[1], "x-tenant: red");
	ck_assert_str_eq(config.headers[2], "x-new: 1");
	ck_assert_ptr_nonnull(strstr(last_report, "header 3"));
	ck_assert_str_eq(config.certificate, "/ca.pem");
	ck_assert_str_eq(config.client_certificate, "/c.pem");
	ck_assert_str_eq(config.client_key, "/k.pem");
	ck_assert_uint_eq(config.max_request_bytes, 1000);
	ck_assert_uint_eq(config.max_response_bytes, 2000);
	lt_otlp_http_config_done(&config);
}
END_TEST

START_TEST(without_any_setting_the_specifications_defaults_hold)
{
	ck_assert_int_eq(read_config(), 0);
	ck_assert_str_eq(config.endpoint, "http://localhost:4318/v1/traces");
	ck_assert(!config.json && !config.gzip);
	ck_assert_uint_eq(config.timeout_ms, 10000);
	ck_assert_uint_eq(config.max_request_bytes, 64 << 20);
	ck_assert_uint_eq(config.max_response_bytes, 4 << 20);
	lt_otlp_http_config_done(&config);
	const struct lt_otlp_http_options patient = {.timeout_ms = LT_OTLP_NO_TIMEOUT};
	ck_assert_int_eq(lt_otlp_http_config_init(&config, &patient), 0);
	ck_assert_uint_eq(config.timeout_ms, 0);
	lt_otlp_http_config_done(&config);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("otlp_config");
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, the_base_gets_its_path_before_the_query_and_loses_the_fragment);
	tcase_add_test(tests, the_traces_own_endpoint_is_used_as_it_is);
	tcase_add_test(tests, what_cannot_be_an_endpoint_is_refused);
	tcase_add_test(tests, what_is_shown_has_no_secrets);
	tcase_add_test(tests, blanks_round_an_endpoint_are_not_part_of_it);
	tcase_add_test(tests, a_missing_scheme_is_said_with_what_may_be_meant);
	tcase_add_test(tests, headers_are_decoded_checked_and_each_stands_for_itself);
	tcase_add_test(tests, a_header_left_out_is_said_without_its_secrets);
	tcase_add_test(tests, more_headers_than_there_is_room_for_are_said);
	tcase_add_test(tests, settings_outlive_the_environment_they_came_from);
	tcase_add_test(tests, what_is_set_in_code_wins_over_the_variables);
	tcase_add_test(tests, without_any_setting_the_specifications_defaults_hold);
	return run_tests(tests, "otlp_config");
}
