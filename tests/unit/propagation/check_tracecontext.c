/* SPDX-License-Identifier: Apache-2.0 */
/* check_tracecontext.c - traceparent and tracestate: the cases in tests/data, and the limits. */
#include "case_files.h"
#include "check_main.h"
#include "headers_carrier.h"

#include <errno.h>
#include <libtrace/propagation.h>
#include <stdio.h>
#include <strings.h>

static const char good[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/* --- cases from files --------------------------------------------------------------------- */

static void traceparent_is_accepted(char *line)
{
	char *expected = strchr(line, ' ');
	*expected++ = '\0';
	struct lt_span_context context;
	char printed[LT_TRACEPARENT_LEN + 1];
	ck_assert_msg(lt_traceparent_parse(lt_slice(line), &context) == 0, "refused: %s", line);
	ck_assert(context.remote);
	ck_assert_str_eq(lt_traceparent_print(&context, printed), expected);
}

START_TEST(valid_traceparents_are_read_and_sent_on_as_version_00)
{
	for_each_case("traceparent/valid.txt", traceparent_is_accepted);
}
END_TEST

static void traceparent_is_refused(char *line)
{
	struct lt_span_context context = {.flags = 42};
	ck_assert_msg(
		lt_traceparent_parse(lt_slice(line), &context) == -EBADMSG, "accepted: %s", line);
	ck_assert_uint_eq(context.flags, 42); /* untouched */
}

START_TEST(invalid_traceparents_are_refused)
{
	for_each_case("traceparent/invalid.txt", traceparent_is_refused);
}
END_TEST

static void value_is_as_the_file_says(char *line)
{
	char *end = strrchr(line, '|');
	*end = '\0';
	struct headers headers = {.n = 0};
	struct lt_span_context remote;
	headers_set(&headers, "traceparent", line + 1);
	ck_assert_msg((lt_extract(&headers_impl, &headers, &remote) == 0) ==
			      (strcmp(end + 1, " taken") == 0),
		"not%s: %s", end + 1, line);
}

START_TEST(blanks_round_a_carried_traceparent_are_no_part_of_it)
{
	for_each_case("traceparent/carried.txt", value_is_as_the_file_says);
}
END_TEST

static int extract_with(char *tracestates, struct lt_span_context *ret_remote)
{
	struct headers headers = {.n = 0};
	headers_set(&headers, "TraceParent", good);
	while (tracestates) {
		char *next = strstr(tracestates, " | ");
		if (next) {
			*next = '\0';
			next += 3;
		}
		headers_set(&headers, "tracestate", tracestates);
		tracestates = next;
	}
	return lt_extract(&headers_impl, &headers, ret_remote);
}

static void tracestate_is_carried(char *line)
{
	char *expected = strstr(line, " => ");
	if (expected) {
		*expected = '\0';
		expected += 4;
	}
	char text[2048];
	snprintf(text, sizeof(text), "%s", expected ? expected : line);
	struct lt_span_context remote;
	ck_assert_int_eq(extract_with(line, &remote), 0);
	ck_assert_str_eq(remote.tracestate, text);
}

START_TEST(each_digit_may_be_any_lower_case_hex_digit_and_nothing_else)
{
	for (size_t at = 0; at < LT_TRACEPARENT_LEN; at++) {
		if (good[at] == '-')
			continue;
		for (int byte = 1; byte < 256; byte++) {
			char text[sizeof(good)], printed[sizeof(good)];
			struct lt_span_context context;
			memcpy(text, good, sizeof(good));
			text[at] = (char)byte;
			int err = lt_traceparent_parse(lt_slice(text), &context);
			bool is_hex = strchr("0123456789abcdef", byte) != NULL;
			/* Version and flags have rules of their own. */
			bool is_id = at > 2 && at < 52;
			ck_assert_msg((err == 0) == is_hex || (!is_id && is_hex), "%s", text);
			if (!err && is_id)
				ck_assert_str_eq(lt_traceparent_print(&context, printed), text);
		}
	}
}
END_TEST

START_TEST(valid_tracestates_are_carried)
{
	for_each_case("tracestate/valid.txt", tracestate_is_carried);
}
END_TEST

static void tracestate_is_dropped_alone(char *line)
{
	struct lt_span_context remote;
	ck_assert_int_eq(extract_with(line, &remote), 0);
	ck_assert_msg(remote.tracestate[0] == '\0', "kept: %s", line);
	ck_assert(lt_span_context_is_valid(&remote));
}

START_TEST(an_invalid_tracestate_does_not_spoil_the_traceparent)
{
	for_each_case("tracestate/invalid.txt", tracestate_is_dropped_alone);
}
END_TEST

/* --- limits ------------------------------------------------------------------------------- */

START_TEST(thirty_two_members_are_carried_and_thirty_three_are_not)
{
	char list[1024] = "";
	struct lt_span_context remote;
	for (int i = 0; i < 32; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%sk%d=v", i ? "," : "",
			i);
	char copy[1024];
	ck_assert_int_eq(extract_with(strcpy(copy, list), &remote), 0);
	ck_assert_str_eq(remote.tracestate, list);
	strcat(list, ",one=more");
	ck_assert_int_eq(extract_with(list, &remote), 0);
	ck_assert_str_eq(remote.tracestate, "");
}
END_TEST

START_TEST(a_long_tracestate_loses_long_members_first_and_never_half_a_member)
{
	char list[1024] = "long=";
	memset(list + 5, 'x', 200);
	strcpy(list + 205, ",a=1");
	for (int i = 0; i < 5;
		i++) { /* 5 members of 80 bytes: 400 and 4 and the long one are over 512 */
		size_t len = strlen(list);
		sprintf(list + len, ",k%d=", i);
		memset(list + len + 4, 'y', 76);
		list[len + 80] = '\0';
	}
	struct lt_span_context remote;
	ck_assert_int_eq(extract_with(list, &remote), 0);
	struct lt_slice kept = lt_slice(remote.tracestate);
	ck_assert_uint_le(kept.len, LT_TRACESTATE_MAX);
	ck_assert(memmem(kept.ptr, kept.len, "long=", 5) == NULL);
	ck_assert(memcmp(kept.ptr, "a=1,k0=", 7) == 0);
	ck_assert(memmem(kept.ptr, kept.len, "k4=", 3) != NULL);
}
END_TEST

START_TEST(five_hundred_and_twelve_bytes_of_tracestate_are_carried)
{
	char list[1024] = "";
	for (int i = 0; i < 4; i++) { /* 4 * 127 and 3 commas: 511 */
		size_t len = strlen(list);
		len += (size_t)sprintf(list + len, "%sk%d=", i ? "," : "", i);
		memset(list + len, 'z', 124);
		list[len + 124] = '\0';
	}
	char copy[1024];
	struct lt_span_context remote;
	ck_assert_uint_eq(strlen(list), 511);
	ck_assert_int_eq(extract_with(strcpy(copy, list), &remote), 0);
	ck_assert_str_eq(remote.tracestate, list);
}
END_TEST

/* --- extract and inject ------------------------------------------------------------------- */

START_TEST(a_carrier_without_traceparent_is_no_error_worth_a_word)
{
	struct headers headers = {.n = 0};
	struct lt_span_context remote = {.flags = 42};
	headers_set(&headers, "tracestate", "foo=1");
	ck_assert_int_eq(lt_extract(&headers_impl, &headers, &remote), -ENOENT);
	ck_assert_uint_eq(remote.flags, 42);
}
END_TEST

START_TEST(two_traceparents_are_refused)
{
	struct headers headers = {.n = 0};
	struct lt_span_context remote;
	headers_set(&headers, "traceparent", good);
	headers_set(&headers, "traceparent", good);
	ck_assert_int_eq(lt_extract(&headers_impl, &headers, &remote), -EBADMSG);
}
END_TEST

START_TEST(what_is_injected_is_what_was_extracted)
{
	struct headers in = {.n = 0}, out = {.n = 0};
	struct lt_span_context remote;
	headers_set(&in, "traceparent", good);
	headers_set(&in, "tracestate", "foo=1,bar=2");
	ck_assert_int_eq(lt_extract(&headers_impl, &in, &remote), 0);
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &remote), 0);
	ck_assert_uint_eq(out.n, 2);
	ck_assert_str_eq(out.items[0].value, good);
	ck_assert_str_eq(out.items[1].value, "foo=1,bar=2");
}
END_TEST

static struct lt_span_context extracted(const char *tracestate)
{
	struct headers in = {.n = 0};
	struct lt_span_context context;
	headers_set(&in, "traceparent", good);
	headers_set(&in, "tracestate", tracestate);
	ck_assert_int_eq(lt_extract(&headers_impl, &in, &context), 0);
	return context;
}

START_TEST(an_extracted_context_is_a_value_that_outlives_its_carrier)
{
	struct headers out = {.n = 0};
	struct lt_span_context first = extracted("of=first"), second = extracted("of=second");
	struct lt_span_context kept = first;
	first = second;
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &kept), 0);
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &first), 0);
	ck_assert_str_eq(out.items[1].value, "of=first");
	ck_assert_str_eq(out.items[3].value, "of=second");
}
END_TEST

START_TEST(a_tracestate_set_by_hand_reaches_no_carrier_unless_it_is_well_formed)
{
	static const char *const malformed[] = {
		"k=v\r\nX-Forged: 1", "k=v\n", "k=\x7f", "no value", "K=upper", "k=v,=w"};
	struct headers out = {.n = 0};
	struct lt_span_context context;
	ck_assert_int_eq(lt_traceparent_parse(lt_slice(good), &context), 0);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		strcpy(context.tracestate, malformed[i]);
		ck_assert_int_eq(lt_inject(&headers_impl, &out, &context), 0);
		ck_assert_uint_eq(out.n, i + 1); /* the traceparent alone */
	}
	memset(context.tracestate, 'k', sizeof(context.tracestate)); /* without its NUL */
	out.n = 0;
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &context), 0);
	ck_assert_uint_eq(out.n, 1);
	strcpy(context.tracestate, " k=v , ,l=w");
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &context), 0);
	ck_assert_str_eq(out.items[2].value, "k=v,l=w");
}
END_TEST

START_TEST(without_a_current_span_nothing_is_injected)
{
	struct headers out = {.n = 0};
	ck_assert_int_eq(lt_inject(&headers_impl, &out, NULL), 0);
	ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(propagators_none_neither_reads_nor_writes)
{
	setenv("OTEL_PROPAGATORS", "none", 1);
	struct headers headers = {.n = 0}, out = {.n = 0};
	struct lt_span_context remote;
	struct lt_span_context context;
	headers_set(&headers, "traceparent", good);
	ck_assert_int_eq(lt_extract(&headers_impl, &headers, &remote), -ENOENT);
	ck_assert_int_eq(lt_traceparent_parse(lt_slice(good), &context), 0);
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &context), 0);
	ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(a_carrier_that_is_full_says_so)
{
	struct headers out = {.n = HEADERS_MAX};
	struct lt_span_context context;
	ck_assert_int_eq(lt_traceparent_parse(lt_slice(good), &context), 0);
	ck_assert_int_eq(lt_inject(&headers_impl, &out, &context), -ENOSPC);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("tracecontext");
	tcase_add_test(tests, valid_traceparents_are_read_and_sent_on_as_version_00);
	tcase_add_test(tests, invalid_traceparents_are_refused);
	tcase_add_test(tests, blanks_round_a_carried_traceparent_are_no_part_of_it);
	tcase_add_test(tests, each_digit_may_be_any_lower_case_hex_digit_and_nothing_else);
	tcase_add_test(tests, valid_tracestates_are_carried);
	tcase_add_test(tests, an_invalid_tracestate_does_not_spoil_the_traceparent);
	tcase_add_test(tests, thirty_two_members_are_carried_and_thirty_three_are_not);
	tcase_add_test(tests, a_long_tracestate_loses_long_members_first_and_never_half_a_member);
	tcase_add_test(tests, five_hundred_and_twelve_bytes_of_tracestate_are_carried);
	tcase_add_test(tests, a_carrier_without_traceparent_is_no_error_worth_a_word);
	tcase_add_test(tests, two_traceparents_are_refused);
	tcase_add_test(tests, what_is_injected_is_what_was_extracted);
	tcase_add_test(tests, an_extracted_context_is_a_value_that_outlives_its_carrier);
	tcase_add_test(tests, a_tracestate_set_by_hand_reaches_no_carrier_unless_it_is_well_formed);
	tcase_add_test(tests, without_a_current_span_nothing_is_injected);
	tcase_add_test(tests, propagators_none_neither_reads_nor_writes);
	tcase_add_test(tests, a_carrier_that_is_full_says_so);
	return run_tests(tests, "tracecontext");
}
