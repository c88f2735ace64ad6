/* SPDX-License-Identifier: Apache-2.0 */
/* check_detectors.c - what resource detectors find, where they look, and how it is put together. */
#include "check_main.h"
#include "reports.h"

#include "encode/encode.h"
#include "setup/detector_texts.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <unistd.h>

static struct lt_resource *resource;

static void set_up(void)
{
	keep_reports();
	unsetenv("OTEL_SERVICE_NAME");
	unsetenv("OTEL_RESOURCE_ATTRIBUTES");
	unsetenv("OTEL_C_RESOURCE_DETECTORS");
	unsetenv("KUBERNETES_SERVICE_HOST");
}

static void tear_down(void)
{
	lt_resource_free(resource);
}

static const struct lt_attr *attr(const char *key)
{
	return lt_attributes_find(lt_resource_attributes(resource), key);
}

static int detect(const char *name)
{
	lt_resource_free(resource);
	resource = NULL;
	struct lt_resource_detector *detector = lt_resource_detector(name);
	ck_assert_str_eq(detector->impl->name, name);
	return detector->impl->detect(detector, &resource);
}

START_TEST(each_detector_says_which_conventions_its_keys_are_of)
{
	static const char *const names[][2] = {{"service", LT_SERVICE_INSTANCE_ID},
		{"process", LT_PROCESS_PID}, {"host", LT_HOST_NAME}, {"os", LT_OS_TYPE}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(detect(names[i][0]), 0);
		ck_assert_ptr_nonnull(attr(names[i][1]));
		ck_assert_slice_eq(lt_resource_schema_url(resource), LT_SEMCONV_SCHEMA_URL);
	}
	ck_assert_ptr_null(lt_resource_detector("other"));
}
END_TEST

START_TEST(the_machine_is_named_as_the_conventions_have_it)
{
	ck_assert_int_eq(detect("host"), 0);
	ck_assert_slice_eq(attr(LT_OS_TYPE)->value.string, "linux");
#if defined(__x86_64__)
	ck_assert_slice_eq(attr(LT_HOST_ARCH)->value.string, "amd64");
#endif
	ck_assert_int_eq(detect("process"), 0);
	ck_assert_int_eq(attr(LT_PROCESS_PID)->value.integer, getpid());
	ck_assert_slice_eq(attr(LT_PROCESS_EXECUTABLE_NAME)->value.string, "check_detectors");
}
END_TEST

START_TEST(a_pod_is_found_in_the_environment_and_only_in_a_cluster)
{
	setenv("HOSTNAME", "pod-of-host", 1);
	setenv("K8S_NAMESPACE_NAME", "shop", 1);
	setenv("POD_UID", "275ecb36", 1);
	setenv("NODE_NAME", "node-1", 1);
	ck_assert_int_eq(detect("k8s"), -ENOENT);
	setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
	ck_assert_int_eq(detect("k8s"), 0);
	ck_assert_slice_eq(attr(LT_K8S_POD_NAME)->value.string, "pod-of-host");
	ck_assert_slice_eq(attr(LT_K8S_NAMESPACE_NAME)->value.string, "shop");
	ck_assert_slice_eq(attr(LT_K8S_POD_UID)->value.string, "275ecb36");
	ck_assert_slice_eq(attr(LT_K8S_NODE_NAME)->value.string, "node-1");
	ck_assert_ptr_null(attr(LT_K8S_CONTAINER_NAME));
	setenv("POD_NAME", "pod-1", 1);
	ck_assert_int_eq(detect("k8s"), 0);
	ck_assert_slice_eq(attr(LT_K8S_POD_NAME)->value.string, "pod-1");
}
END_TEST

/* --- texts -------------------------------------------------------------------------------- */

#define ID "7be92808767a667f35c8505cbf40d14e931ef6db5b0210329cf193b15ba9d605"

START_TEST(a_container_is_named_by_its_cgroup)
{
	static const char *const with[] = {
		"1:name=systemd:/docker/" ID "\n",
		"0::/\n11:memory:/kubepods/besteffort/poda08a3ce0-ea0b/" ID,
		"0::/system.slice/docker-" ID ".scope\n",
		"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n",
		"0::/machine.slice/libpod-" ID ".scope",
	};
	static const char *const without[] = {"", "0::/\n", "0::/init.scope\n",
		"0::/user.slice/user-0.slice/session-3.scope\n", "0::/docker/" ID "0\n",
		"0::/docker/" ID ".service\n", "0::/docker-ABC\n", ID, "/-"};
	struct lt_slice id;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		ck_assert_msg(lt_cgroup_container_id(lt_slice(with[i]), &id), "%s", with[i]);
		ck_assert_slice_eq(id, ID);
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		ck_assert_msg(!lt_cgroup_container_id(lt_slice(without[i]), &id), "%s", without[i]);
}
END_TEST

START_TEST(a_container_is_named_by_the_files_mounted_into_it)
{
	static const char *const with[] = {
		"473 456 254:1 / / rw - overlay overlay rw\n475 473 254:1 /docker/containers/" ID
		"/hostname /etc/hostname rw - ext4 /dev/vda1 rw\n",
		"983 961 0:56 /containers/overlay-containers/" ID
		"/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n",
	};
	static const char *const without[] = {"",
		"475 473 254:1 /docker/containers/" ID "/mounts/secrets /run/secrets rw\n",
		"475 473 254:1 /containers/short/hostname /etc/hostname rw\n",
		"475 473 254:1 /containers/" ID "/hostname"};
	struct lt_slice id;
	for (size_t i = 0; i < 2; i++) {
		ck_assert_msg(lt_mountinfo_container_id(lt_slice(with[i]), &id), "%s", with[i]);
		ck_assert_slice_eq(id, ID);
	}
	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(
			!lt_mountinfo_container_id(lt_slice(without[i]), &id), "%s", without[i]);
	ck_assert(lt_mountinfo_container_id(lt_slice(without[3]), &id));
}
END_TEST

START_TEST(os_release_is_read_with_its_quotes_and_escapes)
{
	static const char text[] = "# NAME=no\nNAME=\"Debian \\\"GNU\\\"/Linux\"\nVERSION_ID='12'\n"
				   "ID=debian\r\nOPEN=\"never ends\nEMPTY=\nPLAIN=a\\ b\n";
	char value[20];
	ck_assert(lt_os_release_value(lt_slice(text), "NAME", value, sizeof(value)));
	ck_assert_str_eq(value, "Debian \"GNU\"/Linux");
	ck_assert(lt_os_release_value(lt_slice(text), "VERSION_ID", value, sizeof(value)));
	ck_assert_str_eq(value, "12");
	ck_assert(lt_os_release_value(lt_slice(text), "ID", value, sizeof(value)));
	ck_assert_str_eq(value, "debian");
	ck_assert(lt_os_release_value(lt_slice(text), "PLAIN", value, sizeof(value)));
	ck_assert_str_eq(value, "a b");
	ck_assert(!lt_os_release_value(lt_slice(text), "OPEN", value, sizeof(value)));
	ck_assert(!lt_os_release_value(lt_slice(text), "EMPTY", value, sizeof(value)));
	ck_assert(!lt_os_release_value(lt_slice(text), "VERSION", value, sizeof(value)));
	ck_assert(!lt_os_release_value(lt_slice(text), "NAME", value, 5));
}
END_TEST

/* --- together ----------------------------------------------------------------------------- */

struct custom {
	struct lt_resource_detector super;
	struct lt_attr attr;
	const char *schema_url;
	int err;
};

static int custom_detect(struct lt_resource_detector *self, struct lt_resource **ret_resource)
{
	struct custom *custom = (struct custom *)self;
	return custom->err ? custom->err
			   : lt_resource_create(&custom->attr, 1, custom->schema_url, ret_resource);
}

static const struct lt_resource_detector_impl custom_impl = {"custom", custom_detect};

START_TEST(detectors_of_a_program_are_merged_in_their_order)
{
	struct custom one = {{&custom_impl}, lt_int("k", 1), .schema_url = "https://a/1"},
		      two = {{&custom_impl}, lt_int("k", 2)},
		      none = {{&custom_impl}, .err = -ENOENT},
		      broken = {{&custom_impl}, .err = -EACCES};
	struct lt_resource_detector *all[] = {&one.super, &none.super, &two.super, &broken.super};
	ck_assert_int_eq(lt_resource_detect(all, 3, &resource), 0);
	ck_assert_int_eq(attr("k")->value.integer, 2);
	ck_assert_slice_eq(lt_resource_schema_url(resource), "https://a/1");
	ck_assert_str_eq(last_report, "");
	lt_resource_free(resource);
	ck_assert_int_eq(lt_resource_detect(all, 4, &resource), 0);
	ck_assert_ptr_nonnull(strstr(last_report, "custom has failed: Permission denied"));
}
END_TEST

START_TEST(detectors_of_different_conventions_are_an_error_that_loses_nothing)
{
	struct custom one = {{&custom_impl}, lt_int("a", 1), .schema_url = "https://a/1"},
		      two = {{&custom_impl}, lt_int("b", 2), .schema_url = "https://a/2"};
	ck_assert_int_eq(
		lt_resource_detect(
			(struct lt_resource_detector *[]){&one.super, &two.super}, 2, &resource),
		0);
	ck_assert_ptr_nonnull(strstr(last_report, "https://a/1 and https://a/2"));
	ck_assert_uint_eq(lt_resource_schema_url(resource).len, 0);
	ck_assert_uint_eq(lt_resource_attributes(resource)->n, 2);
}
END_TEST

START_TEST(the_variable_names_the_detectors)
{
	setenv("OTEL_C_RESOURCE_DETECTORS", "os, OTHER,process", 1);
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	ck_assert_ptr_nonnull(attr(LT_OS_TYPE));
	ck_assert_ptr_nonnull(attr(LT_PROCESS_PID));
	ck_assert_ptr_null(attr(LT_HOST_NAME));
	ck_assert_ptr_nonnull(strstr(last_report, "\"OTHER\" is none of service"));
	lt_resource_free(resource);
	setenv("OTEL_C_RESOURCE_DETECTORS", "none", 1);
	last_report[0] = '\0';
	ck_assert_int_eq(lt_resource_new(NULL, 0, &resource), 0);
	ck_assert_uint_eq(lt_resource_attributes(resource)->n, 4); /* the default resource */
	ck_assert_str_eq(last_report, "");
}
END_TEST

/* --- sent --------------------------------------------------------------------------------- */

START_TEST(the_schema_url_is_sent_with_the_resource)
{
	struct lt_buffer buffer = {0};
	static const char protobuf[] = "\x1a\x11https://example/1";
	struct lt_instrumentation_scope scope = {.name = lt_slice("s")};
	ck_assert_int_eq(lt_resource_create(NULL, 0, "https://example/1", &resource), 0);
	struct lt_span_data span = {.scope = &scope, .resource = resource};
	const struct lt_span_data *spans[] = {&span};
	lt_otlp_json_encode(&buffer, spans, 1);
	lt_buffer_add_char(&buffer, '\0');
	ck_assert_msg(strstr(buffer.bytes, "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\""),
		"%s", buffer.bytes);
	ck_assert_msg(strstr(buffer.bytes, "],\"schemaUrl\":\"https://example/1\"}]}"), "%s",
		buffer.bytes);
	lt_buffer_reset(&buffer);
	lt_otlp_protobuf_encode(&buffer, spans, 1);
	ck_assert_mem_eq(
		buffer.bytes + buffer.len - (sizeof(protobuf) - 1), protobuf, sizeof(protobuf) - 1);
	lt_buffer_done(&buffer);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("detectors");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, each_detector_says_which_conventions_its_keys_are_of);
	tcase_add_test(tests, the_machine_is_named_as_the_conventions_have_it);
	tcase_add_test(tests, a_pod_is_found_in_the_environment_and_only_in_a_cluster);
	tcase_add_test(tests, a_container_is_named_by_its_cgroup);
	tcase_add_test(tests, a_container_is_named_by_the_files_mounted_into_it);
	tcase_add_test(tests, os_release_is_read_with_its_quotes_and_escapes);
	tcase_add_test(tests, detectors_of_a_program_are_merged_in_their_order);
	tcase_add_test(tests, detectors_of_different_conventions_are_an_error_that_loses_nothing);
	tcase_add_test(tests, the_variable_names_the_detectors);
	tcase_add_test(tests, the_schema_url_is_sent_with_the_resource);
	return run_tests(tests, "detectors");
}
