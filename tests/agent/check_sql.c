/* SPDX-License-Identifier: Apache-2.0 */
/* check_sql.c - what is recorded of an SQL text: cases in tests/data/sql. */
#include "check_main.h"
#include "database/sql.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELDS 4

/* Replaces \n, \r and \\ in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		from++;
		*to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : '\\';
	}
	*to = '\0';
}

static enum sql_dialect dialect_of(char letter)
{
	return letter == 's' ? SQL_SQLITE : letter == 'p' ? SQL_POSTGRESQL : SQL_POSTGRESQL_ESCAPES;
}

START_TEST(each_case_has_its_summary_and_its_text)
{
	FILE *file = fopen(DATA_DIR "/sql/cases", "r");
	static struct sql_description description;
	char line[1024], *fields[FIELDS];
	int n = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		char *rest = line;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		for (int i = 0; i < FIELDS; i++)
			ck_assert_ptr_nonnull(fields[i] = strsep(&rest, "|"));
		for (int i = 1; i < FIELDS; i++)
			unescape(fields[i]);
		sql_describe(
			dialect_of(fields[0][0]), lt_slice(fields[1]), false, true, &description);
		ck_assert_str_eq(description.summary, fields[2]);
		ck_assert_str_eq(description.text, fields[3]);
		ck_assert_ptr_null(strstr(description.text, "secret'"));
		n++;
	}
	fclose(file);
	ck_assert_int_gt(n, 40);
}
END_TEST

START_TEST(only_the_first_of_several_statements_where_one_is_meant)
{
	static struct sql_description description;

	sql_describe(
		SQL_SQLITE, lt_slice("SELECT a FROM t; DELETE FROM u"), true, true, &description);
	ck_assert_str_eq(description.summary, "SELECT t");
	ck_assert_str_eq(description.text, "SELECT a FROM t");
}
END_TEST

START_TEST(long_texts_are_cut_after_a_token)
{
	static struct sql_description description;
	static char query[3 * SQL_TEXT_MAX_BYTES];
	size_t n = 0;

	while (n < sizeof(query) - 40)
		n += (size_t)sprintf(query + n, "SELECT 'secret' FROM table_%zu;", n);
	sql_describe(SQL_POSTGRESQL, lt_slice(query), false, true, &description);
	ck_assert_uint_eq(description.text_length, strlen(description.text));
	ck_assert_uint_le(description.text_length, SQL_TEXT_MAX_BYTES);
	ck_assert_ptr_null(strstr(description.text, "secret"));
	ck_assert_uint_le(strlen(description.summary), SQL_SUMMARY_MAX_BYTES);
	ck_assert_uint_gt(strlen(description.summary), SQL_SUMMARY_MAX_BYTES - 20);
	ck_assert(strncmp(description.summary, "SELECT table_0 SELECT table_29 ", 31) == 0);
}
END_TEST

/* Each piece, which is one or more tokens with its literals marked as "secret" or 7s. */
static const char *const pieces[] = {"'secret'", "'se''secret'", "E'\\'secret'", "$$secret'$$",
	"$a$secret$b$secret'$a$", "x'7777'", "7777", "7.77e-7", "-- secret'\n", "/* ' secret */",
	"$1", "\"t\"", "a", "SELECT", "FROM", "(", ")", ",", ";", "INSERT", "INTO", "U&'secret'",
	"B'77'", ".", "=", "/* /* secret */ ' secret */", "JOIN", "CREATE", "TABLE", "UPDATE", "AS",
	"'secret'\n'secret'"};

START_TEST(no_literal_is_in_a_random_query_s_summary_or_text)
{
	static struct sql_description description;
	char query[4096];

	srand(20261128);
	for (int round = 0; round < 20000; round++) {
		size_t n = 0;
		for (int i = 0; i < 1 + rand() % 40; i++)
			n += (size_t)sprintf(query + n, "%s ",
				pieces[(size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]))]);
		sql_describe(SQL_POSTGRESQL, lt_slice(query), false, true, &description);
		ck_assert_msg(
			!strstr(description.summary, "secret") && !strchr(description.summary, '7'),
			"%s\n%s", query, description.summary);
		ck_assert_msg(!strstr(description.text, "secret") && !strchr(description.text, '7'),
			"%s\n%s", query, description.text);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("sql");
	tcase_add_test(tests, each_case_has_its_summary_and_its_text);
	tcase_add_test(tests, only_the_first_of_several_statements_where_one_is_meant);
	tcase_add_test(tests, long_texts_are_cut_after_a_token);
	tcase_add_test(tests, no_literal_is_in_a_random_query_s_summary_or_text);
	return run_tests(tests, "sql");
}
