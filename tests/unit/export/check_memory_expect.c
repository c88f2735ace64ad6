/* SPDX-License-Identifier: Apache-2.0 */
/* check_memory_expect.c - spans compared with a text: what agrees, and what is printed of what does not. */
#include "memory_fixture.h"

#include <stdio.h>
#include <unistd.h>

/* The text of all spans; the caller's until the next call. */
static const char *recorded(void)
{
	static char *text;
	free(text);
	text = lt_exporter_memory_print(exporter);
	ck_assert_ptr_nonnull(text);
	return text;
}

/* What the comparison, which must fail, prints. */
static const char *difference(const char *expected)
{
	static char text[8192];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	bool agrees = lt_exporter_memory_expect(exporter, expected);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ck_assert(!agrees);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void check_agrees(const char *expected)
{
	if (!lt_exporter_memory_expect(exporter, expected))
		ck_abort_msg("expected:\n%s\nrecorded:\n%s", expected, recorded());
}

/* GET /orders, and below it check_inventory, with reserve inside, and insert, which fails. */
static void record_order(void)
{
	struct lt_span_context caller = {
		.trace_id = {1}, .span_id = {1}, .flags = LT_FLAG_SAMPLED, .remote = true};
	struct lt_span *server = lt_span_start(tracer, "GET /orders",
		&(struct lt_span_options){.parent = &caller, .kind = LT_KIND_SERVER});
	LT_SCOPE(server);
	struct lt_span *check = lt_span_start(tracer, "check_inventory", NULL);
	{
		LT_SCOPE(check);
		lt_span_end(lt_span_start(tracer, "reserve", NULL));
	}
	struct lt_span *insert =
		lt_span_start(tracer, "insert", &(struct lt_span_options){.kind = LT_KIND_CLIENT});
	lt_span_set(insert, LT_ATTRS(lt_str("order.item", "widget"), lt_int("order.qty", 2)));
	lt_span_event(insert, "retry", LT_ATTRS(lt_int("attempt", 2)));
	lt_span_status(insert, LT_STATUS_ERROR, "the database is full");
	lt_span_end(insert);
	lt_span_end(check);
	lt_span_end(server);
}

START_TEST(a_tree_agrees_with_its_own_text)
{
	record_order();
	ck_assert_str_eq(recorded(),
		"GET /orders | SERVER | remote parent\n"
		"  check_inventory\n"
		"    reserve\n"
		"  insert | CLIENT | ERROR: the database is full | order.item=widget | order.qty=2"
		" | event: retry (attempt=2)\n");
	check_agrees(recorded());
}
END_TEST

START_TEST(only_kind_and_status_must_be_complete)
{
	record_order();
	check_agrees("GET /orders | SERVER\n"
		     "  check_inventory | INTERNAL\n"
		     "    reserve\n"
		     "\n"
		     "  insert | event: retry | order.qty=2 | ERROR | CLIENT\n");
	difference("GET /orders\n  check_inventory\n    reserve\n  insert | CLIENT | ERROR\n");
	difference("GET /orders | SERVER\n  check_inventory\n    reserve\n  insert | CLIENT\n");
	difference("GET /orders | SERVER\n  check_inventory | OK\n    reserve\n  insert | CLIENT | "
		   "ERROR\n");
	difference("GET /orders | SERVER\n  check_inventory\n    reserve\n  insert | CLIENT | "
		   "ERROR: other\n");
	difference("GET /orders | SERVER\n  check_inventory\n    reserve\n  insert | CLIENT | "
		   "ERROR | order=2\n");
}
END_TEST

START_TEST(what_differs_is_printed_between_what_does_not)
{
	record_order();
	ck_assert_str_eq(difference("GET /orders | SERVER\n"
				    "  check_inventory\n"
				    "    reserve\n"
				    "    release\n"
				    "  insert | CLIENT | order.qty=3\n"),
		"spans (- expected, + recorded):\n"
		"  GET /orders | SERVER\n"
		"    check_inventory\n"
		"      reserve\n"
		"-     release\n"
		"-   insert | CLIENT | order.qty=3\n"
		"+   insert | CLIENT | ERROR: the database is full | order.item=widget | "
		"order.qty=2"
		" | event: retry (attempt=2)\n");
}
END_TEST

START_TEST(a_span_under_another_parent_differs)
{
	record_order();
	ck_assert_str_eq(difference("GET /orders | SERVER\n  check_inventory\n  reserve\n  insert "
				    "| CLIENT | ERROR\n"),
		"spans (- expected, + recorded):\n"
		"  GET /orders | SERVER\n"
		"    check_inventory\n"
		"-   reserve\n"
		"+     reserve\n"
		"    insert | CLIENT | ERROR\n");
}
END_TEST

START_TEST(no_spans_are_an_empty_text)
{
	check_agrees("");
	ck_assert_str_eq(recorded(), "");
	ck_assert_str_eq(difference("missing\n"), "spans (- expected, + recorded):\n- missing\n");
	lt_span_end(lt_span_start(tracer, "one", NULL));
	ck_assert_str_eq(difference(""), "spans (- expected, + recorded):\n+ one\n");
}
END_TEST

START_TEST(a_string_is_quoted_where_it_could_be_of_another_type)
{
	static const char *const strings[] = {"1", "-2.5e3", "true", "", "[1]", "a|b", " a"};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		lt_exporter_memory_reset(exporter);
		struct lt_span *span = lt_span_start(tracer, "s", NULL);
		lt_span_set(span, LT_ATTRS(lt_str("k", strings[i])));
		lt_span_end(span);
		char line[64];
		snprintf(line, sizeof(line), "s | k=\"%s\"\n", strings[i]);
		ck_assert_str_eq(recorded(), line);
	}
	struct lt_span *span = lt_span_start(tracer, "plain", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("ip", "127.0.0.1"), lt_str("id", "12ab"), lt_int("n", 1),
				  lt_bool("yes", true), lt_str("text", "two words")));
	lt_span_end(span);
	ck_assert_ptr_nonnull(strstr(
		recorded(), "plain | ip=127.0.0.1 | id=12ab | n=1 | yes=true | text=two words\n"));
}
END_TEST

START_TEST(a_newline_in_a_name_makes_no_second_line)
{
	lt_span_end(lt_span_start(tracer, "a\nb", NULL));
	check_agrees("a?b\n");
}
END_TEST

START_TEST(siblings_and_roots_are_in_the_order_of_their_starts)
{
	struct lt_span *spans[3];
	for (unsigned i = 0; i < 3; i++)
		spans[i] = lt_span_start(tracer, (const char *[]){"third", "first", "second"}[i],
			&(struct lt_span_options){.start_ns = (const uint64_t[]){3, 1, 2}[i]});
	for (unsigned i = 0; i < 3; i++)
		lt_span_end(spans[i]);
	check_agrees("first\nsecond\nthird\n");
}
END_TEST

START_TEST(a_thousand_levels_are_compared)
{
	enum { LEVELS = 1000 };
	struct lt_span_context parent = {0};
	for (int i = 0; i < LEVELS; i++) {
		struct lt_span *span = lt_span_start(
			tracer, "level", i ? &(struct lt_span_options){.parent = &parent} : NULL);
		parent = lt_span_get_context(span);
		lt_span_end(span);
	}
	check_agrees(recorded());
}
END_TEST

START_TEST(a_disabled_sdk_does_not_reach_a_test)
{
	tear_down();
	setenv("OTEL_SDK_DISABLED", "true", 1);
	set_up();
	lt_span_end(lt_span_start(tracer, "seen", NULL));
	check_agrees("seen\n");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("memory_expect");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_tree_agrees_with_its_own_text);
	tcase_add_test(tests, only_kind_and_status_must_be_complete);
	tcase_add_test(tests, what_differs_is_printed_between_what_does_not);
	tcase_add_test(tests, a_span_under_another_parent_differs);
	tcase_add_test(tests, no_spans_are_an_empty_text);
	tcase_add_test(tests, a_string_is_quoted_where_it_could_be_of_another_type);
	tcase_add_test(tests, a_newline_in_a_name_makes_no_second_line);
	tcase_add_test(tests, siblings_and_roots_are_in_the_order_of_their_starts);
	tcase_add_test(tests, a_thousand_levels_are_compared);
	tcase_add_test(tests, a_disabled_sdk_does_not_reach_a_test);
	return run_tests(tests, "memory_expect");
}
