/* SPDX-License-Identifier: Apache-2.0 */
/* check_parts.c - unit tests of the agent's parts that need no program. */
#include "check_main.h"
#include "hook/agent.h"
#include "hook/settings.h"
#include "hook_curl/curl_inject.h"
#include "hook_h2o/h2o_requests.h"
#include "http/authority.h"
#include "http/http.h"
#include "http/url.h"

#include <stdlib.h>

START_TEST(a_url_is_told_apart_and_its_secrets_are_hidden)
{
	static const struct {
		const char *text, *full, *host; /* full NULL: not an HTTP URL */
		int port;
	} cases[] = {
		{"http://a/b", "http://a/b", "a", 80},
		{"HTTPS://a.example?x=1", "HTTPS://a.example?x=1", "a.example", 443},
		{"localhost:8000/x", "http://localhost:8000/x", "localhost", 8000},
		{"a", "http://a", "a", 80},
		{"http:/a/b", "http://a/b", "a", 80},
		{"http:///a/b", "http://a/b", "a", 80},
		{"http://[::1]:81/", "http://[::1]:81/", "::1", 81},
		{"http://u:p@a/", "http://REDACTED:REDACTED@a/", "a", 80},
		{"http://u:p@q@a/", "http://REDACTED:REDACTED@a/", "a", 80},
		{"http://a/@b", "http://a/@b", "a", 80},
		{"http://a/?sig=1&x=2&Signature=3", "http://a/?sig=REDACTED&x=2&Signature=REDACTED",
			"a", 80},
		{"http://a/?sig=1#sig=1", "http://a/?sig=REDACTED#sig=1", "a", 80},
		{"http://a/?sign=1&SIG=2&sig", "http://a/?sign=1&SIG=2&sig", "a", 80},
		{"http://a/?", "http://a/?", "a", 80},
		{"http://a/?&&x", "http://a/?&&x", "a", 80},
		{"http://a/#f?sig=1", "http://a/#f?sig=REDACTED", "a", 80},
		{"ftp://a/", NULL, NULL, 0},
		{"file:///etc/passwd", NULL, NULL, 0},
		{"ftp.example.org/x", NULL, NULL, 0},
		{"http://", NULL, NULL, 0},
		{"http://[::1/", NULL, NULL, 0},
		{"http://a:99999/", NULL, NULL, 0},
		{"http://a:b/", NULL, NULL, 0},
		{"", NULL, NULL, 0},
	};
	struct url url = {0};

	ck_assert(!url_parse(&url, ""));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert(url_set(&url, cases[i].text) == 0);
		ck_assert_msg(url_parse(&url, "") == !!cases[i].full, "%s", cases[i].text);
		if (!cases[i].full || !url.is_http)
			continue;
		ck_assert_slice_eq(url.full, cases[i].full);
		ck_assert_slice_eq(url.host, cases[i].host);
		ck_assert(url.port == cases[i].port);
	}
	url_set(&url, "a/x");
	ck_assert(url_parse(&url, "https") && url.port == 443);
	ck_assert_slice_eq(url.full, "https://a/x");

	/* The longest one, all of it secret keys: each grows to its largest. */
	char *text = malloc(3 * URL_MAX_BYTES);
	strcpy(text, "http://a/?");
	while (strlen(text) < 2 * URL_MAX_BYTES)
		strcat(text, "sig=&");
	ck_assert(url_set(&url, text) == 0 && url_parse(&url, ""));
	ck_assert(url.full.len == URL_MAX_BYTES &&
		  strncmp(url.full.ptr, "http://a/?sig=RED", 17) == 0);
	/* The host is somewhere behind all of a user's name, which must not be taken for it. */
	memset(text, 'u', 2 * URL_MAX_BYTES);
	memcpy(text, "http://", 7);
	strcpy(text + 2 * URL_MAX_BYTES, "@a/");
	ck_assert(url_set(&url, text) == 0 && !url_parse(&url, ""));
	free(text);
	ck_assert(url_set(&url, NULL) == 0 && !url_parse(&url, ""));
	url_done(&url);
}
END_TEST

START_TEST(an_authority_is_host_and_port_without_the_user)
{
	ck_assert_slice_eq(http_authority(lt_slice("a:80")).host, "a");
	ck_assert(http_authority(lt_slice("a:80")).port == 80);
	ck_assert(http_authority(lt_slice("a:")).port == 0);
	ck_assert_slice_eq(http_authority(lt_slice("[::1]")).host, "::1");
	ck_assert(http_authority(lt_slice("[::1]:8")).port == 8);
	ck_assert_slice_eq(http_authority(lt_slice("[::1]x")).host, "");
	ck_assert_slice_eq(http_authority(lt_slice("a:b")).host, "");
	ck_assert_slice_eq(http_authority(lt_slice("")).host, "");
	ck_assert_slice_eq(http_authority(lt_slice(NULL)).host, "");
	ck_assert_slice_eq(http_authority(lt_slice("u:p@a:80")).host, "a");
	ck_assert(http_authority(lt_slice("u:p@a:80")).port == 80);
	ck_assert_slice_eq(http_authority(lt_slice("u:p@[::1]")).host, "::1");
	ck_assert_slice_eq(http_authority(lt_slice("u:p@q@a")).host, "a");
	ck_assert_slice_eq(http_authority(lt_slice("u:p@a:b")).host, "");
}
END_TEST

START_TEST(a_request_target_is_scheme_authority_path_and_query)
{
	static const struct {
		const char *target, *scheme, *authority, *path, *query; /* NULL: none */
	} cases[] = {
		{"/", "", "", "/", NULL},
		{"/a/b?c=d?e", "", "", "/a/b", "c=d?e"},
		{"/a?", "", "", "/a", NULL},
		{"//u:p@h/x", "", "", "//u:p@h/x", NULL},
		{"/http://u:p@h/", "", "", "/http://u:p@h/", NULL},
		{"*", "", "", "*", NULL},
		{"http://h/a?b", "http", "h", "/a", "b"},
		{"HTTPS://u:p@h:8443/a", "https", "h:8443", "/a", NULL},
		{"http://u:p@q@[::1]:80/", "http", "[::1]:80", "/", NULL},
		{"http://u@h", "http", "h", "/", NULL},
		{"http://u@h?b", "http", "h", "/", "b"},
		{"http://u@", "http", "", "/", NULL},
		{"gopher://u:p@h/a", "", "h", "/a", NULL},
		{"h:443", "", "h:443", NULL, NULL},
		{"u:p@h:443", "", "h:443", NULL, NULL},
		{"http:/u:p@h/a", "", "http:", NULL, NULL},
		{"://u:p@h/a", "", ":", NULL, NULL},
		{"u:p", "", "u:p", NULL, NULL},
		{"", "", "", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_target target = http_target(lt_slice(cases[i].target));
		ck_assert_slice_eq(target.scheme, cases[i].scheme);
		ck_assert_slice_eq(target.authority, cases[i].authority);
		ck_assert(
			!target.path.ptr == !cases[i].path && !target.query.ptr == !cases[i].query);
		ck_assert_slice_eq(target.path, cases[i].path ? cases[i].path : "");
		ck_assert_slice_eq(target.query, cases[i].query ? cases[i].query : "");
	}
}
END_TEST

static struct http_forwarded forwarded(const char *text)
{
	return http_forwarded(
		lt_slice(text), lt_slice("9.9.9.9"), lt_slice("x"), lt_slice("https"));
}

START_TEST(a_forwarded_header_names_the_first_client_that_can_be_believed)
{
	struct http_forwarded f = forwarded("for=1.2.3.4:5;Proto=https;host=\"a:1\", for=6.6.6.6");

	ck_assert_slice_eq(f.client, "1.2.3.4");
	ck_assert_slice_eq(f.host, "a:1");
	ck_assert_slice_eq(f.proto, "https");
	ck_assert_slice_eq(forwarded("For=\"[2001:db8::1]:4711\"").client, "2001:db8::1");
	ck_assert_slice_eq(forwarded("for=_hidden, for=1.1.1.1").client, "");
	ck_assert_slice_eq(forwarded("for=unknown").client, "");
	ck_assert_slice_eq(forwarded("for=\"_hidden:80\"").client, "");
	ck_assert_slice_eq(forwarded("for=\"[2001:db8::1\"").client, "");
	ck_assert_slice_eq(forwarded("for=\"[2001:db8::1]\"").client, "2001:db8::1");
	ck_assert_slice_eq(forwarded("for=\"1.2.3.4:_port\"").client, "");
	ck_assert_slice_eq(forwarded("for=1.2.3.4.5").client, "");
	ck_assert_slice_eq(forwarded("host=\"a,b\"; for = 1.1.1.1").client, "1.1.1.1");
	ck_assert_slice_eq(forwarded("").client, "");
	ck_assert_slice_eq(forwarded(";;=;,").client, "");
	ck_assert_slice_eq(forwarded("for").client, "");
	ck_assert_slice_eq(forwarded("proto=gopher").proto, "");

	f = http_forwarded(
		lt_slice(NULL), lt_slice(" 1.2.3.4 , 5.6.7.8"), lt_slice("a, b"), lt_slice("http"));
	ck_assert_slice_eq(f.client, "1.2.3.4");
	ck_assert_slice_eq(f.host, "a");
	ck_assert_slice_eq(f.proto, "http");
	f = http_forwarded(lt_slice(NULL), lt_slice("2001:db8::1"), lt_slice(NULL), lt_slice(NULL));
	ck_assert_slice_eq(f.client, "2001:db8::1");
}
END_TEST

START_TEST(a_method_is_one_of_those_known_or_other)
{
	setenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", " GET, BREW ,,", 1);
	settings_init();
	ck_assert_slice_eq(http_method(lt_slice("BREW")).name, "BREW");
	ck_assert_slice_eq(http_method(lt_slice("POST")).name, "_OTHER");
	ck_assert_slice_eq(http_method(lt_slice("get")).span_name, "HTTP");
	ck_assert_slice_eq(http_method(lt_slice("GE")).name, "_OTHER");
	ck_assert_slice_eq(http_method(lt_slice("")).name, "_OTHER");
	ck_assert_slice_eq(http_method(lt_slice("POST")).original, "POST");
	ck_assert(!http_method(lt_slice("GET")).original.ptr);
	static char endless[400000] = "B";
	memset(endless, 'B', sizeof(endless) - 1);
	ck_assert(http_method(lt_slice(endless)).original.len == HTTP_METHOD_MAX_BYTES);
	ck_assert(!http_version(0x102).ptr);
	ck_assert_slice_eq(http_version(0x200), "2");
}
END_TEST

START_TEST(a_url_is_excluded_by_path_or_prefix)
{
	setenv("OTEL_LOG_LEVEL", "none", 1);
	setenv("OTEL_C_EXCLUDED_URLS", " /a , /b/*,\n", 1);
	settings_init();
	ck_assert(settings_exclude(lt_slice("/a")) && !settings_exclude(lt_slice("/a/")));
	ck_assert(settings_exclude(lt_slice("/b/c")) && !settings_exclude(lt_slice("/b")));
	ck_assert(!settings_exclude(lt_slice("")));
}
END_TEST

static const struct lt_span_context context = {
	.trace_id = {0x0a, [15] = 1}, .span_id = {[7] = 2}, .flags = LT_FLAG_SAMPLED};
#define OURS "traceparent: 00-0a000000000000000000000000000001-0000000000000002-01"

/* The list's lines, joined by "|". */
static struct lt_slice joined(const struct curl_slist *list)
{
	static char text[1024];

	text[0] = '\0';
	for (; list; list = list->next) {
		strcat(text, list->data);
		strcat(text, list->next ? "|" : "");
	}
	return lt_slice(text);
}

START_TEST(headers_are_injected_unless_the_program_sends_them)
{
	char x[] = "X: 1", y[] = "tracestate: a=b",
	     other[] = "TraceParent:00-0b000000000000000000000000000001-0000000000000003-01",
	     same[] = "Traceparent:  00-0a000000000000000000000000000001-0000000000000003-01",
	     none[] = "traceparent:", longer[] = "traceparents: 1";
	struct curl_slist last = {x, NULL}, first = {y, &last};
	struct curl_injection injection = {.n = 0};

	ck_assert(curl_injection_write(&injection, &context, NULL) == 0);
	ck_assert_slice_eq(joined(curl_injection_link(&injection, NULL)), OURS);
	ck_assert_slice_eq(joined(curl_injection_link(&injection, &last)), OURS "|X: 1");
	last.data = longer;
	ck_assert_slice_eq(joined(curl_injection_link(&injection, &last)), OURS "|traceparents: 1");
	last.data = other;
	ck_assert(curl_injection_link(&injection, &first) == &first);
	last.data = none;
	ck_assert(curl_injection_link(&injection, &first) == &first);
	last.data = same;
	ck_assert_slice_eq(joined(curl_injection_link(&injection, &first)), OURS);
	ck_assert(first.next == &last && last.data == same);
	last.data = x;
	ck_assert_slice_eq(joined(curl_injection_link(&injection, &last)), OURS "|X: 1");

	struct lt_span_context stateful = context;
	strcpy(stateful.tracestate, "k=v");
	ck_assert(curl_injection_write(&injection, &stateful, NULL) == 0);
	ck_assert_slice_eq(joined(curl_injection_link(&injection, NULL)), OURS "|tracestate: k=v");
	/* A tracestate of the program's stands. */
	ck_assert_slice_eq(
		joined(curl_injection_link(&injection, &first)), OURS "|tracestate: a=b|X: 1");
	last.data = same;
	ck_assert_slice_eq(
		joined(curl_injection_link(&injection, &first)), OURS "|tracestate: k=v");
	curl_injection_done(&injection);
}
END_TEST

/* Adds and removes at random, and compares with a plain array. */
START_TEST(the_table_of_requests_holds_what_a_plain_array_holds)
{
	enum { N = 1000 };
	static char reqs[N][64];
	bool present[N] = {false};
	struct h2o_request request;
	unsigned random = 1;

	ck_assert(!h2o_request_find(reqs[0]) && !h2o_request_remove(reqs[0], &request));
	for (int step = 0; step < 100000; step++) {
		random = random * 1103515245 + 12345;
		unsigned i = random >> 8 & 1023;
		if (i >= N)
			continue;
		if (present[i])
			ck_assert(h2o_request_remove(reqs[i], &request) && request.req == reqs[i]);
		else
			ck_assert(h2o_request_add(reqs[i], NULL));
		present[i] = !present[i];
		unsigned j = random >> 18 & 1023;
		ck_assert(j >= N || !!h2o_request_find(reqs[j]) == present[j]);
	}
	for (int i = 0; i < N; i++)
		ck_assert(h2o_request_remove(reqs[i], &request) == present[i]);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("agent parts");
	tcase_add_test(tests, a_url_is_told_apart_and_its_secrets_are_hidden);
	tcase_add_test(tests, an_authority_is_host_and_port_without_the_user);
	tcase_add_test(tests, a_request_target_is_scheme_authority_path_and_query);
	tcase_add_test(tests, a_forwarded_header_names_the_first_client_that_can_be_believed);
	tcase_add_test(tests, a_method_is_one_of_those_known_or_other);
	tcase_add_test(tests, a_url_is_excluded_by_path_or_prefix);
	tcase_add_test(tests, headers_are_injected_unless_the_program_sends_them);
	tcase_add_test(tests, the_table_of_requests_holds_what_a_plain_array_holds);
	return run_tests(tests, "agent parts");
}
