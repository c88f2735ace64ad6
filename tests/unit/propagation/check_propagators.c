/* SPDX-License-Identifier: Apache-2.0 */
/* check_propagators.c - B3, Jaeger, baggage and their composites: what is read, and what is written
 * again. */
#include "check_main.h"

#include <errno.h>
#include <libtrace/propagation.h>
#include <stdio.h>
#include <strings.h>

/* --- a carrier: lines "name: value" ------------------------------------------------------- */

#define LINES_MAX 16

struct lines {
	char text[LINES_MAX][LT_BAGGAGE_MAX_BYTES + 64];
	size_t n;
};

static struct lines in, out;

static bool get(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	struct lines *lines = carrier;
	size_t len = strlen(key);
	for (size_t i = 0; i < lines->n; i++)
		if (strncasecmp(lines->text[i], key, len) == 0 && lines->text[i][len] == ':' &&
			index-- == 0) {
			*ret_value = lt_slice(lines->text[i] + len + 2);
			return true;
		}
	return false;
}

static int set(void *carrier, const char *key, const char *value)
{
	struct lines *lines = carrier;
	ck_assert_uint_lt(lines->n, LINES_MAX);
	snprintf(lines->text[lines->n++], sizeof(lines->text[0]), "%s: %s", key, value);
	return 0;
}

static const struct lt_carrier_impl impl = {get, set};

/* Lines between '|'. */
static void put_lines(struct lines *lines, const char *text)
{
	lines->n = 0;
	while (*text) {
		size_t len = strcspn(text, "|");
		snprintf(lines->text[lines->n++], sizeof(lines->text[0]), "%.*s", (int)len, text);
		text += len + (text[len] == '|');
	}
}

static const char *joined(const struct lines *lines)
{
	static char text[2 * LT_BAGGAGE_MAX_BYTES];
	text[0] = '\0';
	for (size_t i = 0; i < lines->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "|" : "",
			lines->text[i]);
	return text;
}

/* --- formats ------------------------------------------------------------------------------ */

#define T "0af7651916cd43dd8448eb211c80319c"
#define S "b7ad6b7169203331"
#define SHORT "00000000000000008448eb211c80319c"
#define NONE NULL

static const struct {
	const char *names, *headers;
	const char *expected; /* what goes out again; NONE: no context came in */
	int err;
} cases[] = {
	{"b3", "b3: " T "-" S "-1", "b3: " T "-" S "-1", 0},
	{"b3", "b3: " T "-" S "-0", "b3: " T "-" S "-0", 0},
	{"b3", "b3: " T "-" S "-1-05e3ac9a4f6e3b90", "b3: " T "-" S "-1", 0},
	{"b3", "b3: " T "-" S, "b3: " T "-" S "-0", 0},
	{"b3", "b3: " T "-" S "-d", "b3: " T "-" S "-d", 0}, /* debug stays, and is sampled */
	{"b3", "b3: 8448eb211c80319c-" S "-1", "b3: " SHORT "-" S "-1", 0},
	{"b3", "b3: 0", NONE, -ENOENT},
	{"b3", "b3: " T "-" S "-2", NONE, -ENOENT},
	{"b3", "b3: " T, NONE, -ENOENT},
	{"b3", "b3: 00000000000000000000000000000000-" S "-1", NONE, -ENOENT},
	{"b3", "b3: " T "-0000000000000000-1", NONE, -ENOENT},
	{"b3", "b3: zzf7651916cd43dd8448eb211c80319c-" S "-1", NONE, -ENOENT},
	{"b3", "", NONE, -ENOENT},
	/* both read both forms; the single header first, unless it is broken */
	{"b3", "X-B3-TraceId: " T "|X-B3-SpanId: " S "|X-B3-Sampled: 1", "b3: " T "-" S "-1", 0},
	{"b3", "b3: x|X-B3-TraceId: " T "|X-B3-SpanId: " S, "b3: " T "-" S "-0", 0},
	{"b3", "X-B3-TraceId: 1|X-B3-SpanId: " S "|b3: " T "-" S "-0", "b3: " T "-" S "-0", 0},
	{"b3multi", "b3: " T "-" S "-1", "x-b3-traceid: " T "|x-b3-spanid: " S "|x-b3-sampled: 1",
		0},
	{"b3multi", "X-B3-TraceId: " T "|X-B3-SpanId: " S "|X-B3-Sampled: true",
		"x-b3-traceid: " T "|x-b3-spanid: " S "|x-b3-sampled: 1", 0},
	{"b3multi", "X-B3-TraceId: " T "|X-B3-SpanId: " S "|X-B3-Flags: 1",
		"x-b3-traceid: " T "|x-b3-spanid: " S "|x-b3-flags: 1", 0},
	{"b3multi", "X-B3-TraceId: " T, NONE, -EBADMSG},
	{"b3multi", "X-B3-TraceId: " T "|X-B3-SpanId: " S "|X-B3-Sampled: maybe", NONE, -EBADMSG},
	{"jaeger", "uber-trace-id: " T ":" S ":0:1", "uber-trace-id: " T ":" S ":0:1", 0},
	{"jaeger", "uber-trace-id: " T ":" S ":0:0", "uber-trace-id: " T ":" S ":0:0", 0},
	{"jaeger", "uber-trace-id: " T ":" S ":05e3ac9a4f6e3b90:3",
		"uber-trace-id: " T ":" S ":0:3", 0},
	{"jaeger", "uber-trace-id: 8448eb211c80319c%3Ab7ad6b7169203331%3A0%3A1",
		"uber-trace-id: " SHORT ":" S ":0:1", 0},
	{"jaeger", "uber-trace-id: af7651916cd43dd8448eb211c80319c:7:0:1",
		"uber-trace-id: " T ":0000000000000007:0:1", 0},
	{"jaeger", "uber-trace-id: " T ":" S ":1", NONE, -EBADMSG},
	{"jaeger", "uber-trace-id: " T ":0:0:1", NONE, -EBADMSG},
	{"jaeger", "uber-trace-id: " T "0:" S ":0:1", NONE, -EBADMSG},
	{"jaeger", "uber-trace-id: :::", NONE, -EBADMSG},
	/* several: written by each; of those found the last one's is taken */
	{"tracecontext,b3", "b3: " T "-" S "-1", "traceparent: 00-" T "-" S "-01|b3: " T "-" S "-1",
		0},
	{"b3,tracecontext,b3", "b3: " T "-" S "-1|traceparent: 00-" T "-0000000000000007-00",
		"b3: " T "-0000000000000007-0|traceparent: 00-" T "-0000000000000007-00", 0},
	{"tracecontext,b3", "traceparent: 00-" T "-" S "-01|b3: " T "-0000000000000007-0",
		"traceparent: 00-" T "-0000000000000007-00|b3: " T "-0000000000000007-0", 0},
	{"TraceContext , b3", "traceparent: 00-x|b3: " T "-" S "-1",
		"traceparent: 00-" T "-" S "-01|b3: " T "-" S "-1", 0},
	{"b3,tracecontext", "traceparent: 00-x", NONE, -EBADMSG},
	{"none", "traceparent: 00-" T "-" S "-01", NONE, -ENOENT},
	/* a debug flag is not a traceparent's */
	{"b3,tracecontext", "b3: " T "-" S "-d", "b3: " T "-" S "-d|traceparent: 00-" T "-" S "-01",
		0},
};

START_TEST(what_comes_in_goes_out_in_the_formats_that_are_named)
{
	setenv("OTEL_PROPAGATORS", cases[_i].names, 1);
	struct lt_span_context context = {.flags = 42};
	put_lines(&in, cases[_i].headers);
	ck_assert_int_eq(lt_extract(&impl, &in, &context), cases[_i].err);
	if (cases[_i].expected) {
		ck_assert(context.remote);
		lt_inject(&impl, &out, &context);
		ck_assert_str_eq(joined(&out), cases[_i].expected);
	} else {
		ck_assert_uint_eq(context.flags, 42); /* untouched */
	}
}
END_TEST

START_TEST(a_b3_span_goes_on_with_its_debug_flag)
{
	setenv("OTEL_PROPAGATORS", "b3", 1);
	struct lt_exporter *exporter;
	struct lt_provider *provider = memory_provider(&exporter, (struct lt_provider_options){0});
	struct lt_span_context remote;
	put_lines(&in, "b3: " T "-" S "-d");
	ck_assert_int_eq(lt_extract(&impl, &in, &remote), 0);
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "check", NULL), "s",
		&(struct lt_span_options){.parent = &remote});
	struct lt_span_context context = lt_span_get_context(span);
	ck_assert(lt_span_is_recording(span));
	ck_assert_str_eq(lt_span_context_ids(&context).trace_flags, "01");
	lt_inject(&impl, &out, &context);
	ck_assert_mem_eq(out.text[0], "b3: " T "-", 37);
	ck_assert_str_ne(out.text[0], in.text[0]); /* an id of its own */
	ck_assert_str_eq(out.text[0] + 4 + 32 + 1 + 16, "-d");
	lt_span_end(span);
	lt_provider_free(provider);
}
END_TEST

/* --- baggage ------------------------------------------------------------------------------ */

static const struct {
	const char *header, *expected;
} headers[] = {
	{"a=1", "a=1"},
	{"a=1,b=2", "a=1,b=2"},
	{" a = 1 ;p=q;r , b=2\t", "a=1;p=q;r,b=2"},
	{"a=%20%2C%22%25%c3%a4", "a=%20%2C%22%25%C3%A4"},
	{"a=x+y", "a=x+y"},
	{"a=", "a="},
	{"a=b=c", "a=b=c"},
	{"a=%zz%2", "a=%25zz%252"}, /* no escape: text */
	{"a=%00", "a=%2500"},
	{"a=%ff", "a=%EF%BF%BD"}, /* not UTF-8 */
	{"a=1,a=2", "a=2"},
	/* a malformed member is left out alone */
	{"a,b=2", "b=2"},
	{"a b=1,b=2", "b=2"},
	{"=1,b=2", "b=2"},
	{"a=\"x\",b=2", "b=2"},
	{"a=x\\y,b=2", "b=2"},
	{",,b=2,", "b=2"},
	{"", NULL},
	{",", NULL},
	{"a", NULL},
};

static struct lt_baggage *extracted(const char *lines)
{
	struct lt_span_context context;
	struct lt_baggage *baggage;
	put_lines(&in, lines);
	ck_assert_int_eq(lt_extract_with_baggage(&impl, &in, &context, &baggage), -ENOENT);
	return baggage;
}

START_TEST(a_baggage_header_is_read_and_written_again)
{
	char line[64], expected[64];
	snprintf(line, sizeof(line), "baggage: %s", headers[_i].header);
	struct lt_baggage *baggage = extracted(line);
	ck_assert_int_eq(lt_inject_with_baggage(&impl, &out, NULL, baggage), 0);
	if (headers[_i].expected) {
		snprintf(expected, sizeof(expected), "baggage: %s", headers[_i].expected);
		ck_assert_str_eq(joined(&out), expected);
	} else {
		ck_assert_ptr_null(baggage);
		ck_assert_uint_eq(out.n, 0);
	}
	lt_baggage_release(baggage);
}
END_TEST

START_TEST(several_baggage_headers_are_one)
{
	struct lt_baggage *baggage = extracted("baggage: a=1,b=2|baggage: c=3,a=4");
	ck_assert_uint_eq(lt_baggage_count(baggage), 3);
	ck_assert_slice_eq(lt_baggage_get(baggage, "a"), "4");
	ck_assert_slice_eq(lt_baggage_get(baggage, "c"), "3");
	ck_assert_ptr_null(lt_baggage_get(baggage, "d").ptr);
	lt_baggage_release(baggage);
}
END_TEST

START_TEST(a_baggage_is_set_and_removed_without_changing_the_old_one)
{
	struct lt_baggage *one = NULL, *two = NULL, *three = NULL, *none = NULL;
	ck_assert_int_eq(lt_baggage_set(NULL, "user", "J\xc3\xbcrgen, x", NULL, &one), 0);
	ck_assert_int_eq(lt_baggage_set(one, "user", "other", "ttl=1", &two), 0);
	ck_assert_int_eq(lt_baggage_set(two, "more", "", NULL, &three), 0);
	ck_assert_slice_eq(lt_baggage_get(one, "user"), "J\xc3\xbcrgen, x");
	ck_assert_slice_eq(lt_baggage_get(two, "user"), "other");
	ck_assert_uint_eq(lt_baggage_count(three), 2);
	ck_assert_int_eq(lt_inject_with_baggage(&impl, &out, NULL, three), 0);
	ck_assert_str_eq(joined(&out), "baggage: user=other;ttl=1,more=");
	ck_assert_slice_eq(lt_baggage_member(three, 0)->metadata, "ttl=1");
	ck_assert_ptr_null(lt_baggage_member(three, 2));
	ck_assert_int_eq(lt_baggage_remove(one, "user", &none), 0);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(lt_baggage_remove(NULL, "user", &none), 0);
	lt_baggage_release(one);
	lt_baggage_release(two);
	lt_baggage_release(three);
}
END_TEST

START_TEST(what_cannot_be_baggage_is_refused)
{
	struct lt_baggage *baggage = NULL;
	ck_assert_int_eq(lt_baggage_set(NULL, "", "v", NULL, &baggage), -EINVAL);
	ck_assert_int_eq(lt_baggage_set(NULL, NULL, "v", NULL, &baggage), -EINVAL);
	ck_assert_int_eq(lt_baggage_set(NULL, "k", NULL, NULL, &baggage), -EINVAL);
	ck_assert_int_eq(lt_baggage_set(NULL, "k", "\xff", NULL, &baggage), -EINVAL);
	ck_assert_int_eq(lt_baggage_set(NULL, "k", "v", "a,b=2", &baggage), -EINVAL);
	ck_assert_int_eq(lt_baggage_set(NULL, "k", "v", "a\r\nX: y", &baggage), -EINVAL);
	ck_assert_ptr_null(baggage);
}
END_TEST

START_TEST(a_key_that_is_no_token_is_kept_and_not_sent)
{
	struct lt_baggage *baggage = NULL, *more = NULL;
	ck_assert_int_eq(lt_baggage_set(NULL, "a key", "v", NULL, &baggage), 0);
	ck_assert_slice_eq(lt_baggage_get(baggage, "a key"), "v");
	lt_inject_with_baggage(&impl, &out, NULL, baggage);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_int_eq(lt_baggage_set(baggage, "b", "w", NULL, &more), 0);
	lt_inject_with_baggage(&impl, &out, NULL, more);
	ck_assert_str_eq(joined(&out), "baggage: b=w");
	lt_baggage_release(baggage);
	lt_baggage_release(more);
}
END_TEST

START_TEST(baggage_stops_at_64_members_and_8192_bytes)
{
	struct lt_baggage *baggage = NULL, *more = NULL;
	char key[8], value[2000];
	for (int i = 0; i < 64; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_int_eq(lt_baggage_set(baggage, key, "v", NULL, &more), 0);
		lt_baggage_release(baggage);
		baggage = more;
	}
	ck_assert_int_eq(lt_baggage_set(baggage, "k64", "v", NULL, &more), -E2BIG);
	ck_assert_int_eq(lt_baggage_set(baggage, "k0", "w", NULL, &more), 0);
	lt_baggage_release(more);
	lt_baggage_release(baggage);
	/* Encoded it may be longer: what does not fit is left out whole. */
	memset(value, ' ', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	ck_assert_int_eq(lt_baggage_set(NULL, "a", value, NULL, &baggage), 0);
	ck_assert_int_eq(lt_baggage_set(baggage, "b", value, NULL, &more), 0);
	lt_inject_with_baggage(&impl, &out, NULL, more);
	ck_assert_uint_eq(strlen(out.text[0]), strlen("baggage: a=") + 3 * strlen(value));
	lt_baggage_release(baggage);
	lt_baggage_release(more);
}
END_TEST

START_TEST(of_a_long_header_the_first_members_are_read)
{
	size_t len = 0;
	for (int i = 0; i < 70; i++)
		len += (size_t)snprintf(in.text[0] + len, sizeof(in.text[0]) - len, "%sk%d=v",
			i ? "," : "baggage: ", i);
	in.n = 1;
	struct lt_span_context context;
	struct lt_baggage *baggage;
	ck_assert_int_eq(lt_extract_with_baggage(&impl, &in, &context, &baggage), -ENOENT);
	ck_assert_uint_eq(lt_baggage_count(baggage), 64);
	ck_assert_slice_eq(lt_baggage_get(baggage, "k63"), "v");
	lt_baggage_release(baggage);
}
END_TEST

START_TEST(both_come_by_default_and_none_without_baggage)
{
	struct lt_span_context context;
	struct lt_baggage *baggage = NULL;
	put_lines(&in, "traceparent: 00-" T "-" S "-01|baggage: a=1");
	ck_assert_int_eq(lt_extract_with_baggage(&impl, &in, &context, &baggage), 0);
	lt_inject_with_baggage(&impl, &out, &context, baggage);
	ck_assert_str_eq(joined(&out), joined(&in));
	lt_baggage_release(baggage);
}
END_TEST

START_TEST(without_baggage_among_the_propagators_it_is_not_carried)
{
	setenv("OTEL_PROPAGATORS", "tracecontext", 1);
	struct lt_baggage *baggage = extracted("baggage: a=1");
	ck_assert_ptr_null(baggage);
	ck_assert_int_eq(lt_baggage_set(NULL, "a", "1", NULL, &baggage), 0);
	lt_inject_with_baggage(&impl, &out, NULL, baggage);
	ck_assert_uint_eq(out.n, 0);
	lt_baggage_release(baggage);
}
END_TEST

/* --- composites --------------------------------------------------------------------------- */

START_TEST(a_program_puts_propagators_together)
{
	struct lt_propagator *each[] = {
		lt_propagator_b3(), lt_propagator_tracecontext(), lt_propagator_baggage()};
	struct lt_propagator *composite = NULL;
	ck_assert_int_eq(lt_propagator_composite_new(each, 3, &composite), 0);
	const char *const *fields = composite->impl->fields;
	ck_assert_str_eq(fields[0], "b3");
	ck_assert_str_eq(fields[1], "traceparent");
	ck_assert_str_eq(fields[2], "tracestate");
	ck_assert_str_eq(fields[3], "baggage");
	ck_assert_ptr_null(fields[4]);
	lt_propagator_set_global(composite);
	ck_assert_ptr_eq(lt_propagator_global(), composite);
	struct lt_span_context context = {.trace_id = {1}, .span_id = {2}};
	lt_inject(&impl, &out, &context);
	ck_assert_uint_eq(out.n, 2);
	lt_propagator_set_global(NULL);
	ck_assert_ptr_ne(lt_propagator_global(), composite);
	struct lt_propagator *many[9];
	for (size_t i = 0; i < 9; i++)
		many[i] = lt_propagator_b3();
	ck_assert_int_eq(lt_propagator_composite_new(many, 9, &composite), -E2BIG);
}
END_TEST

/* --- the environment ---------------------------------------------------------------------- */

START_TEST(a_childs_environment_carries_a_context_in_normalised_names)
{
	setenv("OTEL_PROPAGATORS", "tracecontext,baggage,b3multi", 1);
	char *vars[] = {(char[]){"PATH=/bin"}, (char[]){"TRACEPARENT=old"}, NULL};
	struct lt_environment *environment = NULL;
	ck_assert_int_eq(lt_environment_new(vars, &environment), 0);
	struct lt_span_context context = {
		.trace_id = {1}, .span_id = {2}, .flags = LT_FLAG_SAMPLED, .tracestate = "a=1"};
	struct lt_baggage *baggage = NULL, *read = NULL;
	ck_assert_int_eq(lt_baggage_set(NULL, "k", "v", NULL, &baggage), 0);
	lt_inject_with_baggage(lt_environment_carrier(), environment, &context, baggage);
	static const char *const expected[] = {"PATH=/bin",
		"TRACEPARENT=00-01000000000000000000000000000000-0200000000000000-01",
		"TRACESTATE=a=1", "BAGGAGE=k=v", "X_B3_TRACEID=01000000000000000000000000000000",
		"X_B3_SPANID=0200000000000000", "X_B3_SAMPLED=1"};
	char **written = lt_environment_vars(environment);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_str_eq(written[i], expected[i]);
	ck_assert_ptr_null(written[sizeof(expected) / sizeof(expected[0])]);
	struct lt_span_context again;
	ck_assert_int_eq(
		lt_extract_with_baggage(lt_environment_carrier(), environment, &again, &read), 0);
	ck_assert_mem_eq(again.trace_id, context.trace_id, 16);
	ck_assert_slice_eq(lt_baggage_get(read, "k"), "v");
	lt_baggage_release(read);
	lt_baggage_release(baggage);
	lt_environment_free(environment);
}
END_TEST

START_TEST(keys_of_the_environment_are_normalised)
{
	const struct lt_carrier_impl *carrier = lt_environment_carrier();
	struct lt_environment *environment = NULL;
	struct lt_slice value;
	char *vars[] = {(char[]){"x-b3-traceid=lower"}, NULL};
	ck_assert_int_eq(lt_environment_new(vars, &environment), 0);
	ck_assert(!carrier->get(environment, "x-b3-traceid", 0, &value));
	ck_assert_int_eq(carrier->set(environment, "1.\xc3\xa4=b", "v"), 0);
	ck_assert_str_eq(lt_environment_vars(environment)[1], "_1____B=v");
	ck_assert_int_eq(carrier->set(environment, "", "v"), 0);
	ck_assert_str_eq(lt_environment_vars(environment)[2], "_=v");
	ck_assert(carrier->get(environment, "1.\xc3\xa4=b", 0, &value));
	ck_assert_slice_eq(value, "v");
	ck_assert_int_eq(carrier->set(NULL, "a", "v"), -EINVAL);
	setenv("TRACEPARENT", "mine", 1);
	ck_assert(carrier->get(NULL, "traceparent", 0, &value));
	ck_assert_slice_eq(value, "mine");
	lt_environment_free(environment);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("propagators");
	tcase_add_loop_test(tests, what_comes_in_goes_out_in_the_formats_that_are_named, 0,
		sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, a_b3_span_goes_on_with_its_debug_flag);
	tcase_add_loop_test(tests, a_baggage_header_is_read_and_written_again, 0,
		sizeof(headers) / sizeof(headers[0]));
	tcase_add_test(tests, several_baggage_headers_are_one);
	tcase_add_test(tests, a_baggage_is_set_and_removed_without_changing_the_old_one);
	tcase_add_test(tests, what_cannot_be_baggage_is_refused);
	tcase_add_test(tests, a_key_that_is_no_token_is_kept_and_not_sent);
	tcase_add_test(tests, baggage_stops_at_64_members_and_8192_bytes);
	tcase_add_test(tests, of_a_long_header_the_first_members_are_read);
	tcase_add_test(tests, both_come_by_default_and_none_without_baggage);
	tcase_add_test(tests, without_baggage_among_the_propagators_it_is_not_carried);
	tcase_add_test(tests, a_program_puts_propagators_together);
	tcase_add_test(tests, a_childs_environment_carries_a_context_in_normalised_names);
	tcase_add_test(tests, keys_of_the_environment_are_normalised);
	return run_tests(tests, "propagators");
}
