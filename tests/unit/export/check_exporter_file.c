/* SPDX-License-Identifier: Apache-2.0 */
/* check_exporter_file.c - each batch is a line of JSON, at the end of a file that others append to. */
#include "check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static char path[] = "/tmp/libtrace-check-XXXXXX";
static struct lt_provider *provider;
static struct lt_tracer *tracer;

static void set_up_to(const char *to)
{
	struct lt_exporter *exporter;
	struct lt_provider_options options = {0};
	ck_assert_int_eq(lt_exporter_file_new(to, &exporter), 0);
	ck_assert_int_eq(lt_processor_batch_new(exporter, NULL, &options.processor), 0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void set_up(void)
{
	close(mkstemp(path));
}

static void tear_down(void)
{
	unlink(path);
}

/* A batch of its own; returns what the flush did. */
static int export_span(const char *name)
{
	lt_span_end(lt_span_start(tracer, name, NULL));
	return lt_provider_flush(provider, 10000);
}

/* The first span's name of each line that is JSON, "?" for one that is none. */
static const char *names(void)
{
	static char list[256];
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");
	list[0] = '\0';
	for (ssize_t n; (n = getline(&line, &size, file)) > 0;) {
		const char *name = "?";
		json_t *root = json_loadb(line, (size_t)n, 0, NULL), *spans = NULL, *span = NULL;
		if (root &&
			json_unpack(root, "{s:[{s:[{s:o}]}]}", "resourceSpans", "scopeSpans",
				"spans", &spans) == 0 &&
			(span = json_array_get(spans, 0)))
			name = json_string_value(json_object_get(span, "name"));
		ck_assert_int_eq(line[n - 1], '\n');
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s ", name);
		json_decref(root);
	}
	free(line);
	fclose(file);
	return list;
}

START_TEST(each_batch_is_a_line)
{
	set_up_to(path);
	ck_assert_int_eq(export_span("one\nname"), 0);
	ck_assert_int_eq(export_span("two"), 0);
	lt_provider_free(provider);
	ck_assert_str_eq(names(), "one\nname two ");
}
END_TEST

START_TEST(a_path_is_of_the_folder_that_was_current_at_the_start)
{
	ck_assert_int_eq(chdir("/tmp"), 0);
	set_up_to(strrchr(path, '/') + 1);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(export_span("one"), 0);
	lt_provider_free(provider);
	ck_assert_str_eq(names(), "one ");
}
END_TEST

START_TEST(a_line_that_could_not_be_ended_spoils_no_other)
{
	set_up_to(path);
	ck_assert_int_eq(export_span("one"), 0);
	struct rlimit limit = {.rlim_max = RLIM_INFINITY};
	int fd = open(path, O_RDONLY);
	limit.rlim_cur = (rlim_t)lseek(fd, 0, SEEK_END) + 20;
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(export_span("two"), -EIO);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(export_span("three"), 0);
	lt_provider_free(provider);
	ck_assert_str_eq(names(), "one ? three ");
}
END_TEST

START_TEST(a_dash_is_standard_output)
{
	static const char *const words[] = {"-", "", NULL};
	int fd = open(path, O_WRONLY | O_APPEND), before = dup(STDOUT_FILENO);
	dup2(fd, STDOUT_FILENO);
	set_up_to(words[_i]);
	int err = export_span("one");
	dup2(before, STDOUT_FILENO);
	lt_provider_free(provider);
	close(fd);
	close(before);
	ck_assert_int_eq(err, 0);
	ck_assert_str_eq(names(), "one ");
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_loses_the_spans_and_says_so)
{
	set_up_to("/nonexistent/spans");
	ck_assert_int_eq(export_span("one"), -EIO);
	lt_provider_free(provider);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("exporter_file");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, each_batch_is_a_line);
	tcase_add_test(tests, a_path_is_of_the_folder_that_was_current_at_the_start);
	tcase_add_test(tests, a_line_that_could_not_be_ended_spoils_no_other);
	tcase_add_loop_test(tests, a_dash_is_standard_output, 0, 3);
	tcase_add_test(tests, a_file_that_cannot_be_opened_loses_the_spans_and_says_so);
	return run_tests(tests, "exporter_file");
}
