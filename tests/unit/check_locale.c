/* SPDX-License-Identifier: Apache-2.0 */
/* check_locale.c - neither settings nor output depend on the program's locale: German has a comma
 * in its numbers, and Turkish another small letter for I. */
#include "check_main.h"
#include "encode/encode.h"
#include "reports.h"
#include "util/config.h"
#include "util/encode_buffer.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

static char folder[] = "/tmp/libtrace-locales-XXXXXX";

/* Compiles a locale of the system's sources; false where there is no localedef, or no sources: Debian
 * has both in its package "locales". */
static bool make_locale(const char *name, const char *charset)
{
	char command[512];
	snprintf(command, sizeof(command),
		"PATH=$PATH:/usr/bin:/bin localedef -c -i %s -f %s %s/%s.%s >/dev/null 2>&1", name,
		charset, folder, name, charset);
	/* Its exit code is 1 for mere warnings. */
	int ignored = system(command);
	(void)ignored;
	snprintf(command, sizeof(command), "%s/%s.%s/LC_NUMERIC", folder, name, charset);
	return access(command, R_OK) == 0;
}

static void remove_locales(void)
{
	char command[512];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command) != 0)
		fprintf(stderr, "%s is left over\n", folder);
}

static void speak(const char *locale)
{
	keep_reports();
	ck_assert_msg(setlocale(LC_ALL, locale) != NULL, "no locale %s", locale);
}

START_TEST(a_ratio_has_a_point_in_german_too)
{
	speak("de_DE.UTF-8");
	ck_assert_double_eq(strtod("0,25", NULL), 0.25); /* so much for the locale */
	setenv("OTEL_X", "0.25", 1);
	ck_assert_double_eq(lt_config_ratio("OTEL_X"), 0.25);
	ck_assert_str_eq(last_report, "");
	setenv("OTEL_X", "0,25", 1);
	ck_assert_double_eq(lt_config_ratio("OTEL_X"), 1);
	ck_assert_ptr_nonnull(strstr(last_report, "0,25"));
}
END_TEST

START_TEST(a_tenth_is_sampled_in_german_too)
{
	speak("de_DE.UTF-8");
	setenv("OTEL_TRACES_SAMPLER", "traceidratio", 1);
	setenv("OTEL_TRACES_SAMPLER_ARG", "0.1", 1);
	struct lt_exporter *memory;
	struct lt_provider *provider = memory_provider(&memory, (struct lt_provider_options){0});
	struct lt_tracer *tracer = lt_tracer_get(provider, "test", NULL);
	unsigned n_sampled = 0;
	for (int i = 0; i < 1000; i++) {
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		n_sampled += lt_span_get_context(span).flags & LT_FLAG_SAMPLED;
		lt_span_end(span);
	}
	ck_assert_uint_gt(n_sampled, 30); /* of 100: seven times the deviation */
	ck_assert_uint_lt(n_sampled, 170);
	lt_provider_free(provider);
}
END_TEST

START_TEST(numbers_are_printed_with_a_point_and_the_program_keeps_its_locale)
{
	speak("de_DE.UTF-8");
	struct lt_buffer buffer = {0};
	lt_buffer_printf(&buffer, "%.2f %g %d", 1.25, 0.5, 1000);
	lt_buffer_add_char(&buffer, '\0');
	ck_assert_str_eq(buffer.bytes, "1.25 0.5 1000");
	lt_buffer_done(&buffer);
	char text[16];
	snprintf(text, sizeof(text), "%.2f", 1.25);
	ck_assert_str_eq(text, "1,25");
}
END_TEST

START_TEST(doubles_in_json_have_a_point)
{
	speak("de_DE.UTF-8");
	struct lt_exporter *memory;
	struct lt_provider *provider = memory_provider(
		&memory, (struct lt_provider_options){.sampler = lt_sampler_always_on()});
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "test", NULL), "s", NULL);
	lt_span_set(span, LT_ATTRS(lt_double("x", 1.5)));
	struct lt_buffer buffer = {0};
	const struct lt_span_data *data = lt_span_read(span);
	lt_otlp_json_encode(&buffer, &data, 1);
	ck_assert_ptr_nonnull(memmem(buffer.bytes, buffer.len, "{\"doubleValue\":1.5}", 19));
	lt_buffer_done(&buffer);
	lt_span_end(span);
	lt_provider_free(provider);
}
END_TEST

START_TEST(words_are_known_in_turkish_too)
{
	static const char *const words[] = {"always_on", "traceidratio"};
	speak("tr_TR.ISO-8859-9");
	ck_assert_int_ne(tolower('I'), 'i'); /* so much for the locale */
	setenv("OTEL_X", "TRACEIDRATIO", 1);
	ck_assert_uint_eq(lt_config_word("OTEL_X", words, 2, 0), 1);
}
END_TEST

int main(void)
{
	static const char *const locales[][2] = {{"de_DE", "UTF-8"}, {"tr_TR", "ISO-8859-9"}};
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		if (make_locale(locales[i][0], locales[i][1]))
			continue;
		printf("1..0 # SKIP localedef makes no %s.%s here: is the package locales "
		       "installed?\n",
			locales[i][0], locales[i][1]);
		remove_locales();
		return 0;
	}
	setenv("LOCPATH", folder, 1);
	TCase *tests = tcase_create("locale");
	tcase_add_test(tests, a_ratio_has_a_point_in_german_too);
	tcase_add_test(tests, a_tenth_is_sampled_in_german_too);
	tcase_add_test(tests, numbers_are_printed_with_a_point_and_the_program_keeps_its_locale);
	tcase_add_test(tests, doubles_in_json_have_a_point);
	tcase_add_test(tests, words_are_known_in_turkish_too);
	int code = run_tests(tests, "locale");
	remove_locales();
	return code;
}
