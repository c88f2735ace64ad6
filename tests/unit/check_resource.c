/* SPDX-License-Identifier: Apache-2.0 */
/* check_resource.c - the precedence of the sources of a resource. */
#include "check_main.h"
#include "reports.h"

#include <libtrace/semconv.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lt_resource *resource;
static void set_up(void)
{
	keep_reports();
	unsetenv("OTEL_SERVICE_NAME");
	unsetenv("OTEL_RESOURCE_ATTRIBUTES");
}

static void tear_down(void)
{
	lt_resource_free(resource);
}

static const struct lt_attr *attr(const char *key)
{
	return lt_attributes_find(lt_resource_attributes(resource), key);
}

START_TEST(without_settings_the_service_is_unknown_and_the_sdk_named)
{
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	ck_assert_slice_eq(attr(LT_SERVICE_NAME)->value.string, "unknown_service:check_resource");
	ck_assert_slice_eq(attr(LT_TELEMETRY_SDK_LANGUAGE)->value.string, "c");
	ck_assert_slice_eq(attr(LT_TELEMETRY_SDK_NAME)->value.string, "libtrace");
	ck_assert_slice_eq(attr(LT_TELEMETRY_SDK_VERSION)->value.string, LT_VERSION);
	ck_assert_int_gt(attr(LT_PROCESS_PID)->value.integer, 0);
	ck_assert_ptr_nonnull(attr(LT_HOST_NAME));
}
END_TEST

START_TEST(the_instance_id_is_a_version_4_uuid_and_differs)
{
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	struct lt_slice id = attr(LT_SERVICE_INSTANCE_ID)->value.string;
	ck_assert_uint_eq(id.len, 36);
	ck_assert_int_eq(id.ptr[14], '4');
	ck_assert(strchr("89ab", id.ptr[19]) != NULL);

	struct lt_resource *other;
	ck_assert_int_eq(lt_resource_new(NULL, 0, &other), 0);
	ck_assert_mem_ne(lt_attributes_find(lt_resource_attributes(other), LT_SERVICE_INSTANCE_ID)
				 ->value.string.ptr,
		id.ptr, 36);
	lt_resource_free(other);
}
END_TEST

/* In a child: checks its resource's pid, and that its instance's id is id, or is not. */
static bool child_says(int64_t pid, const char *id, bool same_id)
{
	pid_t child = fork();
	if (child == 0) {
		struct lt_slice text = attr(LT_SERVICE_INSTANCE_ID)->value.string;
		bool is_same = text.len == strlen(id) && memcmp(text.ptr, id, text.len) == 0;
		bool is_pid = attr(LT_PROCESS_PID)->value.integer == (pid ? pid : getpid());
		_exit(is_pid && is_same == same_id ? 0 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status == 0;
}

START_TEST(a_forks_child_is_another_process_and_another_instance)
{
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	struct lt_slice id = attr(LT_SERVICE_INSTANCE_ID)->value.string;
	char parents[37] = "";
	memcpy(parents, id.ptr, 36);
	ck_assert(child_says(0, parents, false));
	ck_assert_slice_eq(attr(LT_SERVICE_INSTANCE_ID)->value.string, parents);
	ck_assert_int_eq(attr(LT_PROCESS_PID)->value.integer, getpid());
}
END_TEST

START_TEST(what_was_given_stays_so_in_a_forks_child)
{
	struct lt_attr given[] = {
		lt_int(LT_PROCESS_PID, 1), lt_str(LT_SERVICE_INSTANCE_ID, "pod-7")};
	ck_assert_int_eq(lt_resource_new(given, 2, &resource), 0);
	ck_assert(child_says(1, "pod-7", true));
}
END_TEST

START_TEST(service_name_wins_over_resource_attributes)
{
	setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=one,deployment.environment.name=a%2Cb", 1);
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	ck_assert_slice_eq(attr(LT_SERVICE_NAME)->value.string, "one");
	ck_assert_slice_eq(attr("deployment.environment.name")->value.string, "a,b");
	lt_resource_free(resource);

	setenv("OTEL_SERVICE_NAME", "two", 1);
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	ck_assert_slice_eq(attr(LT_SERVICE_NAME)->value.string, "two");
	lt_resource_free(resource);

	struct lt_attr in_code = lt_str(LT_SERVICE_NAME, "three");
	ck_assert_int_eq(lt_resource_new(&in_code, 1, &resource), 0);
	ck_assert_slice_eq(attr(LT_SERVICE_NAME)->value.string, "three");
}
END_TEST

START_TEST(broken_resource_attributes_are_left_out_whole_and_said)
{
	setenv("OTEL_RESOURCE_ATTRIBUTES", "good=1,broken", 1);
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	ck_assert_ptr_null(attr("good"));
	ck_assert_ptr_nonnull(strstr(last_report, "OTEL_RESOURCE_ATTRIBUTES"));
}
END_TEST

START_TEST(an_empty_resource_has_nothing)
{
	setenv("OTEL_RESOURCE_ATTRIBUTES", "a=1", 1);
	ck_assert_int_eq(lt_resource_create(NULL, 0, NULL, &resource), 0);
	ck_assert_uint_eq(lt_resource_attributes(resource)->n, 0);
	ck_assert_uint_eq(lt_resource_schema_url(resource).len, 0);
}
END_TEST

START_TEST(a_resource_of_given_attributes_has_these_and_no_others)
{
	char url[] = "https://example/1";
	ck_assert_int_eq(lt_resource_create(LT_ATTRS(lt_int("a", 1)), url, &resource), 0);
	url[0] = 'x';
	ck_assert_uint_eq(lt_resource_attributes(resource)->n, 1);
	ck_assert_int_eq(attr("a")->value.integer, 1);
	ck_assert_slice_eq(lt_resource_schema_url(resource), "https://example/1");
}
END_TEST

START_TEST(of_a_merge_the_updating_resources_values_are_kept)
{
	struct lt_resource *old, *updating;
	ck_assert_int_eq(
		lt_resource_create(LT_ATTRS(lt_int("a", 1), lt_str("b", "old")), NULL, &old), 0);
	ck_assert_int_eq(
		lt_resource_create(LT_ATTRS(lt_str("b", ""), lt_int("c", 3)), NULL, &updating), 0);
	ck_assert_int_eq(lt_resource_merge(old, updating, &resource), 0);
	lt_resource_free(old);
	lt_resource_free(updating);
	ck_assert_uint_eq(lt_resource_attributes(resource)->n, 3);
	ck_assert_int_eq(attr("a")->value.integer, 1);
	ck_assert_slice_eq(attr("b")->value.string, "");
	ck_assert_int_eq(attr("c")->value.integer, 3);
}
END_TEST

START_TEST(of_a_merge_the_schema_url_is_the_one_that_both_can_have)
{
	static const char *const urls[][3] = {{NULL, "https://a", "https://a"},
		{"https://a", "", "https://a"}, {"https://a", "https://a", "https://a"},
		{"https://a", "https://b", ""}};
	struct lt_resource *old, *updating;
	ck_assert_int_eq(lt_resource_create(LT_ATTRS(lt_int("a", 1)), urls[_i][0], &old), 0);
	ck_assert_int_eq(lt_resource_create(LT_ATTRS(lt_int("b", 1)), urls[_i][1], &updating), 0);
	ck_assert_int_eq(lt_resource_merge(old, updating, &resource), 0);
	lt_resource_free(old);
	lt_resource_free(updating);
	ck_assert_slice_eq(lt_resource_schema_url(resource), urls[_i][2]);
	ck_assert_uint_eq(lt_resource_attributes(resource)->n, 2);
	ck_assert(!strstr(last_report, "https://a and https://b") == (_i != 3));
}
END_TEST

START_TEST(a_merged_resource_is_another_instance_in_a_forks_child_too)
{
	struct lt_resource *old;
	ck_assert_int_eq(lt_resource_new(NULL, 0, &old), 0);
	ck_assert_int_eq(lt_resource_merge(old, NULL, &resource), 0);
	lt_resource_free(old);
	char parents[37] = "";
	memcpy(parents, attr(LT_SERVICE_INSTANCE_ID)->value.string.ptr, 36);
	ck_assert(child_says(0, parents, false));
}
END_TEST

START_TEST(the_limits_of_spans_do_not_hold_for_a_resource)
{
	enum { N = 1000, LONG = 20000 };
	struct lt_attr attrs[N];
	static char keys[N][8], text[LONG];
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < N; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		attrs[i] = lt_int(keys[i], i);
	}
	attrs[0] = lt_strn("long", (struct lt_slice){text, sizeof(text)});
	setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1", 1);
	ck_assert_int_eq(lt_resource_new(attrs, N, &resource), 0);
	ck_assert_int_eq(attr("k999")->value.integer, 999);
	ck_assert_uint_eq(attr("long")->value.string.len, LONG);
	ck_assert_uint_eq(lt_resource_attributes(resource)->n_dropped, 0);
}
END_TEST

START_TEST(an_empty_service_name_is_none)
{
	setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=,a=", 1);
	setenv("OTEL_SERVICE_NAME", " ", 1);
	ck_assert_int_eq(lt_resource_new(LT_ATTRS(lt_str(LT_SERVICE_NAME, "")), &resource), 0);
	ck_assert_slice_eq(attr(LT_SERVICE_NAME)->value.string, "unknown_service:check_resource");
	ck_assert_slice_eq(attr("a")->value.string, "");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("resource");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, without_settings_the_service_is_unknown_and_the_sdk_named);
	tcase_add_test(tests, the_instance_id_is_a_version_4_uuid_and_differs);
	tcase_add_test(tests, a_forks_child_is_another_process_and_another_instance);
	tcase_add_test(tests, what_was_given_stays_so_in_a_forks_child);
	tcase_add_test(tests, service_name_wins_over_resource_attributes);
	tcase_add_test(tests, broken_resource_attributes_are_left_out_whole_and_said);
	tcase_add_test(tests, an_empty_resource_has_nothing);
	tcase_add_test(tests, a_resource_of_given_attributes_has_these_and_no_others);
	tcase_add_test(tests, of_a_merge_the_updating_resources_values_are_kept);
	tcase_add_loop_test(tests, of_a_merge_the_schema_url_is_the_one_that_both_can_have, 0, 4);
	tcase_add_test(tests, a_merged_resource_is_another_instance_in_a_forks_child_too);
	tcase_add_test(tests, the_limits_of_spans_do_not_hold_for_a_resource);
	tcase_add_test(tests, an_empty_service_name_is_none);
	return run_tests(tests, "resource");
}
