/* SPDX-License-Identifier: Apache-2.0 */
/* check_config_no_memory.c - a configuration file with each allocation failing in turn: it is whole or
 * an error, and nothing leaks. */
#include "failing_malloc.h"
#include "trace/provider.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef CAN_FAIL_MALLOC

/* Each section, and each way to make a part of it. */
static const char text[] =
	"file_format: '1.0'\n"
	"log_level: fatal\n"
	"attribute_limits: {attribute_value_length_limit: 40, attribute_count_limit: 12}\n"
	"resource:\n"
	"  schema_url: https://opentelemetry.io/schemas/1.37.0\n"
	"  attributes:\n"
	"    - {name: service.name, value: '${NAME:-a service}'}\n"
	"    - {name: numbers, value: [1, 2, 3], type: int_array}\n"
	"  attributes_list: \"a=b,c=d%20e\"\n"
	"propagator:\n"
	"  composite: [tracecontext: , baggage: ]\n"
	"  composite_list: b3,jaeger\n"
	"tracer_provider:\n"
	"  limits: {event_count_limit: 3, link_count_limit: 2}\n"
	"  sampler:\n"
	"    parent_based:\n"
	"      root: {trace_id_ratio_based: {ratio: 0.5}}\n"
	"      remote_parent_not_sampled: {always_on: }\n"
	"      local_parent_sampled:\n"
	"        composite/development:\n"
	"          rule_based:\n"
	"            rules:\n"
	"              - {span_kinds: [client], parent: [none], sampler: {always_off: }}\n"
	"              - {attribute_values: {key: a, values: [b, c]}, sampler: {always_on: }}\n"
	"              - attribute_patterns: {key: a, included: [\"/x/*\"], excluded: [\"/x/y\"]}\n"
	"                sampler: {parent_threshold: {root: {probability: {ratio: 0.5}}}}\n"
	"  processors:\n"
	"    - simple: {exporter: {console: }}\n"
	"    - batch:\n"
	"        schedule_delay: 100\n"
	"        exporter:\n"
	"          otlp_http:\n"
	"            endpoint: http://localhost:1/v1/traces\n"
	"            compression: gzip\n"
	"            headers: [{name: authorization, value: Bearer x}]\n"
	"            headers_list: a=b,c=d\n";

static void check_whole(const struct lt_provider *provider)
{
	const struct lt_attributes *resource = lt_resource_attributes(provider->resource);
	static const char *const keys[] = {"service.name", "numbers", "a", "c"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ck_assert_msg(lt_attributes_find(resource, keys[i]) != NULL, "%s", keys[i]);
	ck_assert_uint_eq(provider->limits.event_count, 3);
	ck_assert_uint_eq(provider->limits.attr_count, 12);
}

static void configure(void)
{
	struct lt_provider *provider;
	if (lt_provider_new(NULL, &provider) == 0) {
		CHECKED(check_whole(provider));
		lt_provider_free(provider);
	}
}

START_TEST(a_configuration_file_is_whole_or_an_error)
{
	static char path[] = "/tmp/check_config_no_memory.XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	setenv("OTEL_CONFIG_FILE", path, 1);
	struct lt_provider *provider;
	int err = lt_provider_new(NULL, &provider);
	if (err == 0)
		lt_provider_free(provider);
	long n_failed = err ? 0 : sweep(configure);
	unlink(path);
	ck_assert_int_eq(err, 0);
	ck_assert_int_gt(n_failed, 300);
}
END_TEST

int main(void)
{
	dlopen("libyaml-0.so.2", RTLD_NOW); /* once, instead of in each run */
	TCase *tests = tcase_create("config_no_memory");
	tcase_set_timeout(tests, 100);
	tcase_add_test(tests, a_configuration_file_is_whole_or_an_error);
	return run_tests(tests, "config_no_memory");
}

#else

int main(void)
{
	puts("1..0 # SKIP the malloc of this C library or of ThreadSanitizer cannot be replaced");
	return 0;
}

#endif
