/* SPDX-License-Identifier: Apache-2.0 */
/* check_config_file.c - a configuration file's YAML, references and sections, and what is rejected. */
#include "case_files.h"
#include "check_main.h"
#include "configure/file_parts.h"
#include "configure/yaml_scalar.h"
#include "propagation/propagator.h"
#include "reports.h"
#include "trace/provider.h"
#include "trace/sampler.h"
#include "util/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROCESSORS "  processors: [simple: {exporter: {console: }}]\n"

static char path[] = "/tmp/check_config_file.XXXXXX";

static void set_up(void)
{
	clearenv();
	keep_reports();
	close(mkstemp(path));
	setenv("OTEL_CONFIG_FILE", path, 1);
}

static void tear_down(void)
{
	unlink(path);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

static int configure(const char *text, struct lt_provider **ret_provider)
{
	write_file(text);
	return lt_provider_new(NULL, ret_provider);
}

static struct lt_provider *configured(const char *text)
{
	struct lt_provider *provider = NULL;
	int err = configure(text, &provider);
	ck_assert_msg(err == 0, "%s", last_report);
	return provider;
}

/* --- YAML --------------------------------------------------------------------------------- */

static void is_resolved(char *line)
{
	static const char *const names[] = {"null", "bool", "int", "double", "text"};
	char *type = strrchr(line, '|'), *value = type + 1, text[256];
	*type = '\0';
	type = strrchr(line, '|');
	*type++ = '\0';
	snprintf(text, sizeof(text), "key: %s\n", line);
	struct lt_yaml *root = NULL;
	struct lt_yaml_error error;
	int err = lt_yaml_parse(lt_slice(text), &root, &error);
	ck_assert_msg((err != 0) == (strcmp(type, "error") == 0), "%s: %d", line, err);
	if (err) {
		ck_assert_int_eq(err, -EINVAL);
		ck_assert_uint_eq(error.line, 1);
		return;
	}
	ck_assert_msg(strcmp(names[root->first->type], type) == 0, "%s: %s", line,
		names[root->first->type]);
	char expected[256] = "";
	for (char *c = value, *to = expected; *c; c++) {
		bool is_newline = c[0] == '\\' && c[1] == 'n';
		*to++ = is_newline ? '\n' : *c;
		c += is_newline;
	}
	ck_assert_msg(strcmp(root->first->text, expected) == 0, "%s: %s", line, root->first->text);
	lt_yaml_free(root);
}

START_TEST(references_are_replaced_once_and_types_are_those_of_yaml_1_2)
{
	static const char *const variables[][2] = {{"STRING", "value"}, {"BOOL", "true"},
		{"INT", "1"}, {"FLOAT", "1.1"}, {"HEX", "0xdeadbeef"}, {"MAP", "value\nkey:value"},
		{"REFERENCE", "${OTHER}"}, {"OTHER", "never"}, {"ESCAPE", "value$$"},
		{"EMPTY", ""}};
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		setenv(variables[i][0], variables[i][1], 1);
	for_each_case("config_file/substitution.txt", is_resolved);
}
END_TEST

START_TEST(keys_have_no_references_and_aliases_are_copies)
{
	struct lt_yaml *root;
	struct lt_yaml_error error;
	ck_assert_int_eq(
		lt_yaml_parse(lt_slice("${A}: &x {b: [1, two]}\nc: *x\nd: *x\n"), &root, &error),
		0);
	ck_assert_str_eq(root->first->key, "${A}");
	struct lt_yaml *copy = root->first->next->next;
	ck_assert_str_eq(copy->key, "d");
	ck_assert_str_eq(copy->first->key, "b");
	ck_assert_int_eq(copy->first->first->integer, 1);
	ck_assert_str_eq(copy->first->first->next->text, "two");
	lt_yaml_free(root);
}
END_TEST

START_TEST(a_pattern_has_wildcards_and_no_other_signs)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {{"a", "a", true}, {"a", "A", false}, {"", "", true}, {"*", "", true},
		{"process.*", "process.pid", true}, {"process.*", "process", false},
		{"*a*b", "xaayb", true}, {"*a*b", "xaayba", false}, {"?", "\xc3\xa4", true},
		{"??", "a", false}, {"a?c", "abc", true}, {"[a]", "a", false}, {"a*", "a*", true},
		{"**x**", "x", true}, {"*aab", "aaab", true}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(lt_file_matches(lt_slice(cases[i].text), cases[i].pattern) ==
				      cases[i].matches,
			"%s %s", cases[i].pattern, cases[i].text);
}
END_TEST

/* --- what is rejected --------------------------------------------------------------------- */

static void is_rejected(const char *expected, const char *text)
{
	struct lt_provider *provider = NULL;
	last_report[0] = '\0';
	ck_assert_msg(configure(text, &provider) == -EINVAL, "taken: %s", expected);
	ck_assert_ptr_null(provider);
	ck_assert_msg(strstr(last_report, expected) != NULL, "%s: %s", expected, last_report);
	ck_assert_ptr_nonnull(strstr(last_report, path));
	ck_assert_ptr_nonnull(strstr(last_report, "nothing is traced"));
}

START_TEST(what_is_no_configuration_is_rejected_whole_with_its_line)
{
	char line[512], expected[512] = "", text[4096] = "";
	unsigned n = 0;
	FILE *cases = fopen(DATA_DIR "/config_file/invalid.txt", "r");
	ck_assert_ptr_nonnull(cases);
	while (true) {
		bool is_over = !fgets(line, sizeof(line), cases);
		if (is_over || strncmp(line, "== ", 3) == 0) {
			if (*expected)
				is_rejected(expected, text);
			if (is_over)
				break;
			line[strcspn(line, "\n")] = '\0';
			strcpy(expected, line + 3);
			*text = '\0';
			n++;
		} else if (*expected) {
			strcat(text, line);
		}
	}
	fclose(cases);
	ck_assert_uint_gt(n, 40);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_an_error_and_is_reported)
{
	struct lt_provider *provider;
	unlink(path);
	ck_assert_int_eq(lt_provider_new(NULL, &provider), -ENOENT);
	ck_assert_ptr_nonnull(strstr(last_report, "No such file"));
	setenv("OTEL_CONFIG_FILE", "/", 1);
	ck_assert_int_eq(lt_provider_new(NULL, &provider), -EISDIR);
	setenv("OTEL_CONFIG_FILE", "/dev/zero", 1);
	ck_assert_int_eq(lt_provider_new(NULL, &provider), -EFBIG);
	setenv("OTEL_CONFIG_FILE", path, 1);
}
END_TEST

START_TEST(keys_that_are_not_known_are_reported_and_left_out)
{
	static const char *const texts[] = {"file_format: \"1.0\"\nunheard_of: 1\n",
		"file_format: \"1.0\"\nresource: {unheard_of: 1}\n",
		"file_format: \"1.0\"\ntracer_provider:\n  unheard_of: {a: b}\n" PROCESSORS,
		"file_format: \"1.0\"\ntracer_provider:\n  limits: {unheard_of: 1}\n" PROCESSORS,
		"file_format: \"1.0\"\ntracer_provider:\n  sampler: {always_on: {unheard_of: "
		"1}}\n" PROCESSORS,
		"file_format: \"1.0\"\ntracer_provider:\n  processors: [batch: {unheard_of: 1, "
		"exporter: {otlp_http: }}]\n"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		last_report[0] = '\0';
		lt_provider_free(configured(texts[i]));
		ck_assert_msg(strstr(last_report, "unheard_of is not known here") != NULL, "%s: %s",
			texts[i], last_report);
	}
	lt_provider_free(configured("file_format: \"1.99\"\n"));
	ck_assert_ptr_nonnull(strstr(last_report, "newer"));
}
END_TEST

/* --- sections ----------------------------------------------------------------------------- */

START_TEST(other_variables_count_as_unset_unless_the_file_refers_to_them)
{
	setenv("OTEL_SDK_DISABLED", "true", 1);
	setenv("OTEL_SERVICE_NAME", "variable", 1);
	setenv("OTEL_TRACES_EXPORTER", "none", 1);
	setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "7", 1);
	setenv("LIMIT", "9", 1);
	struct lt_provider *provider =
		configured("file_format: \"1.0\"\ntracer_provider:\n  limits:\n    "
			   "link_count_limit: ${LIMIT}\n" PROCESSORS);
	ck_assert(!provider->is_disabled);
	ck_assert_uint_eq(provider->limits.event_count, 128);
	ck_assert_uint_eq(provider->limits.link_count, 9);
	const struct lt_attributes *attrs = lt_resource_attributes(provider->resource);
	ck_assert_slice_eq(lt_attributes_find(attrs, "service.name")->value.string,
		"unknown_service:check_config_file");
	lt_provider_free(provider);
	ck_assert_str_eq(last_report, "");
}
END_TEST

START_TEST(limits_of_spans_win_over_the_general_ones_and_0_is_a_limit)
{
	struct lt_provider *provider = configured(
		"file_format: \"1.0\"\n"
		"attribute_limits: {attribute_count_limit: 5, attribute_value_length_limit: 10, "
		"attribute_value_depth_limit: 3}\n"
		"tracer_provider:\n"
		"  limits: {attribute_count_limit: 6, event_count_limit: 0, "
		"event_attribute_count_limit: 2, link_attribute_count_limit: 3}\n" PROCESSORS);
	ck_assert_uint_eq(provider->limits.attr_count, 6);
	ck_assert_uint_eq(provider->limits.attr_value_length, 10);
	ck_assert_uint_eq(provider->limits.attr_value_depth, 3);
	ck_assert_uint_eq(provider->limits.event_count, 0);
	ck_assert_uint_eq(provider->limits.link_count, 128);
	ck_assert_uint_eq(provider->limits.event_attr_count, 2);
	ck_assert_uint_eq(provider->limits.link_attr_count, 3);
	lt_provider_free(provider);
}
END_TEST

START_TEST(what_code_gives_wins_over_the_file)
{
	struct lt_provider_options options = {
		.limits = {.event_count = 3}, .sampler = lt_sampler_always_off()};
	struct lt_provider *provider;
	const struct lt_attr name = lt_str("service.name", "code");
	write_file("file_format: \"1.0\"\ntracer_provider:\n  limits: {event_count_limit: 4, "
		   "link_count_limit: 4}\n  sampler: {always_on: }\n" PROCESSORS);
	ck_assert_int_eq(lt_resource_create(&name, 1, NULL, &options.resource), 0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	ck_assert_uint_eq(provider->limits.event_count, 3);
	ck_assert_uint_eq(provider->limits.link_count, 4);
	ck_assert_ptr_eq(provider->sampler, lt_sampler_always_off());
	ck_assert_uint_eq(lt_resource_attributes(provider->resource)->n, 1);
	lt_provider_free(provider);
}
END_TEST

START_TEST(disabled_or_without_a_tracer_provider_spans_hand_contexts_on)
{
	static const char *const texts[] = {"file_format: \"1.0\"\n",
		"file_format: \"1.0\"\ndisabled: true\ntracer_provider:\n" PROCESSORS};
	for (size_t i = 0; i < 2; i++) {
		struct lt_provider *provider = configured(texts[i]);
		ck_assert(provider->is_disabled);
		lt_provider_free(provider);
	}
}
END_TEST

START_TEST(the_log_level_is_the_files)
{
	lt_provider_free(configured("file_format: \"1.0\"\nlog_level: warn2\n"));
	ck_assert_int_eq(lt_report_level(), LT_LEVEL_WARN);
	lt_provider_free(configured("file_format: \"1.0\"\nlog_level: fatal\n"));
	ck_assert_int_eq(lt_report_level(), LT_LEVEL_NONE);
	lt_provider_free(configured("file_format: \"1.0\"\n"));
	ck_assert_int_eq(lt_report_level(), LT_LEVEL_INFO);
}
END_TEST

START_TEST(propagators_are_the_files_and_none_without)
{
	lt_provider_free(
		configured("file_format: \"1.0\"\npropagator: {composite: [b3: , baggage: ], "
			   "composite_list: \"baggage,jaeger\"}\n"));
	const char *const *fields = lt_propagator_global()->impl->fields;
	ck_assert_str_eq(fields[0], "b3");
	ck_assert_str_eq(fields[1], "baggage");
	ck_assert_str_eq(fields[2], "uber-trace-id");
	ck_assert_ptr_null(fields[3]);
	lt_propagator_set_global(NULL);
	lt_provider_free(configured("file_format: \"1.0\"\n"));
	ck_assert_ptr_null(lt_propagator_global()->impl->fields[0]);
	lt_propagator_set_global(NULL);
	lt_provider_free(configured("file_format: \"1.0\"\npropagator: {composite_list: "
				    "\"tracecontext,baggage\"}\n"));
	ck_assert_str_eq(lt_propagator_global()->impl->fields[0], "traceparent");
}
END_TEST

START_TEST(a_resource_has_its_attributes_by_type_and_priority)
{
	struct lt_provider *provider =
		configured("file_format: \"1.0\"\n"
			   "resource:\n"
			   "  attributes_list: a=list,b%20c=list\n"
			   "  schema_url: https://example.com/1.0\n"
			   "  attributes:\n"
			   "    - {name: a, value: own}\n"
			   "    - {name: gone, value: }\n"
			   "    - {name: yes, value: true, type: bool}\n"
			   "    - {name: int, value: -3, type: int}\n"
			   "    - {name: double, value: 2, type: double}\n"
			   "    - {name: strings, value: [x, \"y\"], type: string_array}\n"
			   "    - {name: ints, value: [1, 2], type: int_array}\n"
			   "    - {name: bools, value: [true, false], type: bool_array}\n"
			   "    - {name: doubles, value: [0.5, 1], type: double_array}\n");
	const struct lt_attributes *attrs = lt_resource_attributes(provider->resource);
	ck_assert_slice_eq(lt_attributes_find(attrs, "a")->value.string, "own");
	ck_assert_slice_eq(lt_attributes_find(attrs, "b c")->value.string, "list");
	ck_assert_ptr_null(lt_attributes_find(attrs, "gone"));
	ck_assert(lt_attributes_find(attrs, "yes")->value.boolean);
	ck_assert_int_eq(lt_attributes_find(attrs, "int")->value.integer, -3);
	ck_assert_double_eq(lt_attributes_find(attrs, "double")->value.number, 2);
	ck_assert_slice_eq(lt_attributes_find(attrs, "strings")->value.strings[1], "y");
	ck_assert_int_eq(lt_attributes_find(attrs, "ints")->value.integers[1], 2);
	ck_assert(!lt_attributes_find(attrs, "bools")->value.booleans[1]);
	ck_assert_double_eq(lt_attributes_find(attrs, "doubles")->value.numbers[0], 0.5);
	ck_assert_slice_eq(lt_attributes_find(attrs, "telemetry.sdk.language")->value.string, "c");
	ck_assert_ptr_null(lt_attributes_find(attrs, "host.name"));
	ck_assert_slice_eq(lt_resource_schema_url(provider->resource), "https://example.com/1.0");
	lt_provider_free(provider);
}
END_TEST

START_TEST(detectors_add_what_their_filter_lets_pass)
{
	setenv("OTEL_SERVICE_NAME", "shop", 1);
	struct lt_provider *provider = configured(
		"file_format: \"1.0\"\n"
		"resource:\n"
		"  detection/development:\n"
		"    attributes: {included: [process.*, service.*], excluded: [\"*.path\"]}\n"
		"    detectors: [process: , host: , service: ]\n");
	const struct lt_attributes *attrs = lt_resource_attributes(provider->resource);
	ck_assert_slice_eq(lt_attributes_find(attrs, "service.name")->value.string, "shop");
	ck_assert_int_eq(lt_attributes_find(attrs, "process.pid")->value.integer, getpid());
	ck_assert_ptr_nonnull(lt_attributes_find(attrs, "service.instance.id"));
	ck_assert_ptr_null(lt_attributes_find(attrs, "process.executable.path"));
	ck_assert_ptr_null(lt_attributes_find(attrs, "host.name"));
	lt_provider_free(provider);
}
END_TEST

START_TEST(a_broken_list_of_attributes_is_left_out_whole_and_reported)
{
	struct lt_provider *provider =
		configured("file_format: \"1.0\"\nresource: {attributes_list: \"a=1,b\", "
			   "attributes: [{name: c, "
			   "value: d}]}\n");
	const struct lt_attributes *attrs = lt_resource_attributes(provider->resource);
	ck_assert_ptr_nonnull(strstr(last_report, "attributes_list"));
	ck_assert_ptr_null(lt_attributes_find(attrs, "a"));
	ck_assert_ptr_nonnull(lt_attributes_find(attrs, "c"));
	lt_provider_free(provider);
}
END_TEST

/* --- samplers ----------------------------------------------------------------------------- */

static enum lt_decision decide(struct lt_provider *provider,
	const struct lt_span_context_view *parent, enum lt_kind kind, const struct lt_attr *attrs,
	size_t n)
{
	static const uint8_t trace_id[16] = {
		1, [9] = 0xff, 0xff}; /* kept by any ratio that is not 0 */
	struct lt_sampling_result result = {.attrs = NULL};
	return provider->sampler->impl->sample(provider->sampler,
		&(struct lt_sampling_parameters){.parent = parent,
			.trace_id = trace_id,
			.kind = kind,
			.attrs = attrs,
			.n_attrs = n},
		&result);
}

static struct lt_provider *sampled_by(const char *sampler)
{
	char text[2048];
	snprintf(text, sizeof(text), "file_format: \"1.0\"\ntracer_provider:\n  sampler: %s\n%s",
		sampler, PROCESSORS);
	return configured(text);
}

START_TEST(samplers_are_a_tree)
{
	static const struct lt_span_context_view local = {
		{1}, {2}, LT_FLAG_SAMPLED, false, {"", 0}};
	static const struct lt_span_context_view remote = {
		{1}, {2}, LT_FLAG_SAMPLED, true, {"", 0}};
	static const struct {
		const char *sampler;
		enum lt_decision root, below_local, below_remote;
	} cases[] = {
		{"{always_on: }", LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE},
		{"{always_off: }", LT_DROP, LT_DROP, LT_DROP},
		{"{trace_id_ratio_based: {ratio: 0}}", LT_DROP, LT_DROP, LT_DROP},
		{"{trace_id_ratio_based: }", LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE,
			LT_RECORD_AND_SAMPLE},
		{"{probability/development: {ratio: 0.01}}", LT_RECORD_AND_SAMPLE,
			LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE},
		{"{parent_based: }", LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE,
			LT_RECORD_AND_SAMPLE},
		{"{parent_based: {root: {always_off: }, remote_parent_sampled: {always_off: }}}",
			LT_DROP, LT_RECORD_AND_SAMPLE, LT_DROP},
		{"{parent_based: {root: {always_on: }, local_parent_sampled: "
		 "{trace_id_ratio_based: {ratio: 0.0}}}}",
			LT_RECORD_AND_SAMPLE, LT_DROP, LT_RECORD_AND_SAMPLE},
		{"{always_record: {root: {parent_based: {root: {always_off: }}}}}", LT_RECORD_ONLY,
			LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE},
		{"{composite/development: {always_on: }}", LT_RECORD_AND_SAMPLE,
			LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE},
		{"{composite/development: {parent_threshold: {root: {always_off: }}}}", LT_DROP,
			LT_RECORD_AND_SAMPLE, LT_RECORD_AND_SAMPLE},
		{"{composite/development: {probability: {ratio: 0}}}", LT_DROP, LT_DROP, LT_DROP},
		{"{composite/development: {rule_based: }}", LT_DROP, LT_DROP, LT_DROP},
		{"{composite/development: {rule_based: {rules: [{parent: [remote, none], sampler: "
		 "{always_on: }}]}}}",
			LT_RECORD_AND_SAMPLE, LT_DROP, LT_RECORD_AND_SAMPLE},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lt_provider *provider = sampled_by(cases[i].sampler);
		ck_assert_msg(
			decide(provider, NULL, 0, NULL, 0) == cases[i].root &&
				decide(provider, &local, 0, NULL, 0) == cases[i].below_local &&
				decide(provider, &remote, 0, NULL, 0) == cases[i].below_remote,
			"%s", cases[i].sampler);
		lt_provider_free(provider);
	}
}
END_TEST

START_TEST(rules_match_when_all_their_conditions_do)
{
	struct lt_provider *provider = sampled_by(
		"{composite/development: {rule_based: {rules: ["
		"{attribute_values: {key: http.route, values: [/healthz, /livez]}, sampler: "
		"{always_off: }}, "
		"{attribute_patterns: {key: http.path, included: [\"/internal/*\"], excluded: "
		"[\"/internal/special/*\"]}, sampler: {always_on: }}, "
		"{span_kinds: [client, producer], attribute_values: {key: code, values: "
		"[\"404\"]}, "
		"sampler: {always_on: }}]}}}");
	const int64_t codes[] = {200, 404};
	const struct {
		enum lt_kind kind;
		struct lt_attr attr;
		bool is_sampled;
	} cases[] = {{LT_KIND_SERVER, lt_str("http.route", "/livez"), false},
		{LT_KIND_SERVER, lt_str("http.path", "/internal/a"), true},
		{LT_KIND_SERVER, lt_str("http.path", "/internal/special/a"), false},
		{LT_KIND_SERVER, lt_str("http.path", "/a"), false},
		{LT_KIND_CLIENT, lt_int("code", 404), true},
		{LT_KIND_SERVER, lt_int("code", 404), false},
		{LT_KIND_PRODUCER, lt_ints("code", codes, 2), true},
		{LT_KIND_PRODUCER, lt_ints("code", codes, 1), false},
		{LT_KIND_CLIENT, lt_int("other", 404), false}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(decide(provider, NULL, cases[i].kind, &cases[i].attr, 1) ==
				      (cases[i].is_sampled ? LT_RECORD_AND_SAMPLE : LT_DROP),
			"case %zu", i);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("config_file");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, references_are_replaced_once_and_types_are_those_of_yaml_1_2);
	tcase_add_test(tests, keys_have_no_references_and_aliases_are_copies);
	tcase_add_test(tests, a_pattern_has_wildcards_and_no_other_signs);
	tcase_add_test(tests, what_is_no_configuration_is_rejected_whole_with_its_line);
	tcase_add_test(tests, a_file_that_cannot_be_read_is_an_error_and_is_reported);
	tcase_add_test(tests, keys_that_are_not_known_are_reported_and_left_out);
	tcase_add_test(tests, other_variables_count_as_unset_unless_the_file_refers_to_them);
	tcase_add_test(tests, limits_of_spans_win_over_the_general_ones_and_0_is_a_limit);
	tcase_add_test(tests, what_code_gives_wins_over_the_file);
	tcase_add_test(tests, disabled_or_without_a_tracer_provider_spans_hand_contexts_on);
	tcase_add_test(tests, the_log_level_is_the_files);
	tcase_add_test(tests, propagators_are_the_files_and_none_without);
	tcase_add_test(tests, a_resource_has_its_attributes_by_type_and_priority);
	tcase_add_test(tests, detectors_add_what_their_filter_lets_pass);
	tcase_add_test(tests, a_broken_list_of_attributes_is_left_out_whole_and_reported);
	tcase_add_test(tests, samplers_are_a_tree);
	tcase_add_test(tests, rules_match_when_all_their_conditions_do);
	return run_tests(tests, "config_file");
}
