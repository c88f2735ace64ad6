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
	return run_tests(tests, "resource");
}
