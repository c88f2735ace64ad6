/* SPDX-License-Identifier: Apache-2.0 */
/* check_exporter_console.c - the output is a tree of lines, whatever the spans contain. */
#include "check_main.h"

#include <fcntl.h>
#include <unistd.h>

static char path[] = "/tmp/libtrace-check-XXXXXX";
static struct lt_provider *provider;
static struct lt_tracer *tracer;

static void set_up(void)
{
	struct lt_exporter *exporter;
	struct lt_provider_options options = {0};
	close(mkstemp(path));
	setenv("OTEL_C_CONSOLE_FILE", path, 1);
	ck_assert_int_eq(lt_exporter_console_new(&exporter), 0);
	ck_assert_int_eq(lt_processor_batch_new(exporter, NULL, &options.processor), 0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	tracer = lt_tracer_get(provider, "check", NULL);
}

static void tear_down(void)
{
	unlink(path);
}

/* What has been printed. */
static const char *finish(void)
{
	static char text[8192];
	lt_provider_free(provider);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}

static int count_lines(const char *text)
{
	int n = 0;
	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

START_TEST(values_in_each_other_are_printed_in_brackets)
{
	struct lt_span *span = lt_span_start(tracer, "values", NULL);
	lt_span_set(span,
		LT_ATTRS(lt_map("map",
			LT_ATTRS(lt_int("n", 1), lt_bytes("b", "\xff", 1),
				lt_array("a", LT_ATTRS(lt_str("", "x"), lt_str("", NULL)))))));
	lt_span_end(span);
	const char *text = finish();
	ck_assert_msg(strstr(text, "  map={n=1, b=/w==, a=[\"x\", null]}\n") != NULL, "%s", text);
}
END_TEST

START_TEST(a_child_is_below_its_parent)
{
	struct lt_span *parent = lt_span_start(tracer, "parent", NULL);
	struct lt_span_context context = lt_span_get_context(parent);
	struct lt_span *child =
		lt_span_start(tracer, "child", &(struct lt_span_options){.parent = &context});
	lt_span_set(child, LT_ATTRS(lt_str("text", "a\"b"), lt_int("number", 3)));
	lt_span_end(child);
	lt_span_end(parent);
	const char *text = finish();
	const char *printed_parent = strstr(text, "\nparent  INTERNAL  ");
	ck_assert_ptr_nonnull(printed_parent);
	ck_assert_ptr_nonnull(strstr(printed_parent, "\n  child  INTERNAL  "));
	ck_assert_ptr_nonnull(strstr(text, "text=\"a\\\"b\" number=3\n"));
	ck_assert_int_eq(count_lines(text), 3);
}
END_TEST

#define HARMFUL "a\x1b[31mb\n\xc2\x9b\xe2\x80\xae\xffz"
#define CLEANED "a?[31mb????z"

START_TEST(nothing_in_a_span_harms_a_terminal_or_makes_a_line)
{
	struct lt_span *span = lt_span_start(tracer, HARMFUL, NULL);
	lt_span_set(span, LT_ATTRS(lt_str(HARMFUL, HARMFUL)));
	lt_span_event(span, HARMFUL, LT_ATTRS(lt_str(HARMFUL, HARMFUL)));
	lt_span_status(span, LT_STATUS_ERROR, HARMFUL);
	lt_span_end(span);
	const char *text = finish();
	ck_assert_int_eq(count_lines(text), 3); /* trace, span, event */
	int n_cleaned = 0;
	for (const char *p = text; (p = strstr(p, CLEANED)); p++)
		n_cleaned++;
	ck_assert_int_eq(n_cleaned, 7);
	ck_assert_ptr_null(strpbrk(text, "\x1b\xff\x9b"));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("exporter_console");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, values_in_each_other_are_printed_in_brackets);
	tcase_add_test(tests, a_child_is_below_its_parent);
	tcase_add_test(tests, nothing_in_a_span_harms_a_terminal_or_makes_a_line);
	return run_tests(tests, "exporter_console");
}
