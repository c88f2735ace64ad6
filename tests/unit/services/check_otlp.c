/* SPDX-License-Identifier: Apache-2.0 */
/* check_otlp.c - OTLP as traceview reads and writes it: both encodings give the same spans. */
#include "check_main.h"
#include "request.h"

#include <errno.h>

/* Keeps the encoding of each span that is read. */
struct keeper {
	struct otlp_sink sink;
	struct buffer spans[2];
	size_t n, n_rejected;
	char why[OTLP_WHY_BYTES];
};

static int on_part(struct otlp_sink *self, struct lt_slice message, struct lt_slice schema_url)
{
	return 0;
}

static int on_span(struct otlp_sink *self, struct lt_slice message, const struct span *span)
{
	struct keeper *keeper = (struct keeper *)self;
	ck_assert_uint_lt(keeper->n, 2);
	buffer_init(&keeper->spans[keeper->n], 100000);
	buffer_put(&keeper->spans[keeper->n++], message.ptr, message.len);
	return 0;
}

static void on_reject(struct otlp_sink *self, size_t n, const char *why)
{
	struct keeper *keeper = (struct keeper *)self;
	keeper->n_rejected += n;
	snprintf(keeper->why, sizeof(keeper->why), "%s", why);
}

static struct keeper read_json(const char *json)
{
	struct keeper keeper = {.sink = {on_part, on_part, on_span, on_reject}};
	char why[OTLP_WHY_BYTES] = "";
	int err = otlp_read_json(lt_slice(json), &keeper.sink, why);
	ck_assert_msg(err == 0, "%d: %s", err, why);
	return keeper;
}

static void keeper_done(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->n; i++)
		buffer_done(&keeper->spans[i]);
}

START_TEST(a_span_in_json_is_read_with_all_that_it_has)
{
	struct keeper keeper =
		read_json(REQUEST_JSON("shop", SPAN_JSON(1, "00f067aa0ba902b9", "root")));
	struct arena arena;
	struct span span;
	arena_init(&arena, 100000);
	ck_assert_uint_eq(keeper.n, 1);
	ck_assert_int_eq(otlp_decode_span(buffer_slice(&keeper.spans[0]), &arena, &span), 0);
	ck_assert(span.ids_well_formed);
	ck_assert_uint_eq(span.trace_id[0], 0x4b);
	ck_assert_uint_eq(span.span_id[7], 0xb1);
	ck_assert_uint_eq(span.parent_id[7], 0xb9);
	ck_assert_slice_eq(span.trace_state, "a=b");
	ck_assert_uint_eq(span.flags, 257);
	ck_assert_slice_eq(span.name, "root");
	ck_assert_uint_eq(span.kind, KIND_SERVER);
	ck_assert_uint_eq(span.start_ns, UINT64_C(1700000000000000001));
	ck_assert_uint_eq(span.status, STATUS_ERROR);
	ck_assert_slice_eq(span.status_message, "broken");
	ck_assert_uint_eq(span.n_dropped_attrs, 1);
	ck_assert_uint_eq(span.attrs.n, 7);
	ck_assert_slice_eq(attr_find(&span.attrs, "s")->string, "text");
	ck_assert(attr_find(&span.attrs, "b")->boolean);
	ck_assert_int_eq(attr_find(&span.attrs, "i")->integer, -7);
	ck_assert_double_eq(attr_find(&span.attrs, "d")->number, 1.5);
	ck_assert_uint_eq(attr_find(&span.attrs, "y")->string.len, 3);
	ck_assert_mem_eq(attr_find(&span.attrs, "y")->string.ptr, "\0\1\xff", 3);
	ck_assert_uint_eq(attr_find(&span.attrs, "a")->array.n, 2);
	ck_assert_int_eq(attr_find(&span.attrs, "a")->array.items[1].type, VALUE_NONE);
	ck_assert_slice_eq(attr_find(&span.attrs, "m")->kvlist.items[0].key, "k");
	ck_assert_uint_eq(span.n_events, 1);
	ck_assert_slice_eq(span.events[0].name, "event");
	ck_assert_uint_eq(span.n_links, 1);
	ck_assert_uint_eq(span.links[0].trace_id[15], 0x37);
	arena_done(&arena);
	keeper_done(&keeper);
}
END_TEST

START_TEST(a_decoded_span_is_encoded_as_it_was)
{
	struct keeper keeper = read_json(TWO_SPANS);
	for (size_t i = 0; i < 2; i++) {
		struct arena arena;
		struct span span;
		struct buffer again;
		arena_init(&arena, 100000);
		buffer_init(&again, 100000);
		ck_assert_int_eq(
			otlp_decode_span(buffer_slice(&keeper.spans[i]), &arena, &span), 0);
		otlp_encode_span(&again, &span);
		ck_assert_uint_eq(again.len, keeper.spans[i].len);
		ck_assert_mem_eq(again.data, keeper.spans[i].data, again.len);
		buffer_done(&again);
		arena_done(&arena);
	}
	keeper_done(&keeper);
}
END_TEST

START_TEST(a_span_that_is_cut_is_malformed_and_never_read_past_its_end)
{
	struct keeper keeper = read_json(REQUEST_JSON("shop", SPAN_JSON(1, "", "root")));
	size_t n_malformed = 0;
	for (size_t len = 0; len < keeper.spans[0].len; len++) {
		char *cut = malloc(len); /* of that size: a sanitizer sees what is behind it */
		struct arena arena;
		struct span span;
		memcpy(cut, keeper.spans[0].data, len);
		arena_init(&arena, 100000);
		int err = otlp_decode_span((struct lt_slice){cut, len}, &arena, &span);
		ck_assert(err == 0 || err == -EBADMSG || err == OTLP_BAD_ATTRIBUTE);
		n_malformed += err != 0;
		arena_done(&arena);
		free(cut);
	}
	ck_assert_uint_gt(n_malformed, keeper.spans[0].len / 2);
	keeper_done(&keeper);
}
END_TEST

START_TEST(decoding_stops_at_the_arenas_limit)
{
	struct keeper keeper = read_json(REQUEST_JSON("shop", SPAN_JSON(1, "", "root")));
	struct arena arena;
	struct span span;
	arena_init(&arena, 100);
	ck_assert_int_eq(
		otlp_decode_span(buffer_slice(&keeper.spans[0]), &arena, &span), -EMSGSIZE);
	arena_done(&arena);
	keeper_done(&keeper);
}
END_TEST

/* A span with an attribute of `depth` arrays, one in the other, and one beside it. */
static struct keeper read_nested(unsigned depth)
{
	static char json[10000];
	size_t n = (size_t)snprintf(json, sizeof(json),
		"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"" TRACE_ID
		"\",\"spanId\":\"00f067aa0ba902b1\",\"attributes\":[{\"key\":\"k\",\"value\":");
	for (unsigned i = 0; i < depth; i++)
		n += (size_t)snprintf(json + n, sizeof(json) - n, "{\"arrayValue\":{\"values\":[");
	n += (size_t)snprintf(json + n, sizeof(json) - n, "{\"intValue\":1}");
	for (unsigned i = 0; i < depth; i++)
		n += (size_t)snprintf(json + n, sizeof(json) - n, "]}}");
	snprintf(json + n, sizeof(json) - n,
		"}]},{\"traceId\":\"" TRACE_ID "\",\"spanId\":\"00f067aa0ba902b2\"}]}]}]}");
	return read_json(json);
}

START_TEST(a_value_nested_too_deep_costs_its_span_alone)
{
	struct keeper keeper = read_nested(VALUE_DEPTH_MAX - 1);
	ck_assert_uint_eq(keeper.n, 2);
	ck_assert_uint_eq(keeper.n_rejected, 0);
	keeper_done(&keeper);
	keeper = read_nested(VALUE_DEPTH_MAX + 1);
	ck_assert_uint_eq(keeper.n, 1);
	ck_assert_uint_eq(keeper.n_rejected, 1);
	ck_assert_str_eq(keeper.why, otlp_attribute_error(OTLP_DEEP_ATTRIBUTE));
	keeper_done(&keeper);
}
END_TEST

START_TEST(what_is_not_otlp_is_malformed_and_says_where)
{
	static const char *const malformed[] = {"", "[]", "{\"resourceSpans\":1}",
		"{\"resourceSpans\":[1]}", "{\"resourceSpans\":[{\"scopeSpans\":{}}]}",
		REQUEST_JSON("s", "1"), REQUEST_JSON("s", "{\"name\":1}"),
		REQUEST_JSON("s", "{\"startTimeUnixNano\":\"x\"}"),
		REQUEST_JSON("s", "{\"startTimeUnixNano\":-1}"),
		REQUEST_JSON("s", "{\"kind\":\"SPAN_KIND_NONE_SUCH\"}")};
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct keeper keeper = {.sink = {on_part, on_part, on_span, on_reject}};
		char why[OTLP_WHY_BYTES] = "";
		ck_assert_msg(otlp_read_json(lt_slice(malformed[i]), &keeper.sink, why) == -EBADMSG,
			"%s", malformed[i]);
		ck_assert_int_ne(why[0], '\0');
		keeper_done(&keeper);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("services otlp");
	tcase_add_test(tests, a_span_in_json_is_read_with_all_that_it_has);
	tcase_add_test(tests, a_decoded_span_is_encoded_as_it_was);
	tcase_add_test(tests, a_span_that_is_cut_is_malformed_and_never_read_past_its_end);
	tcase_add_test(tests, decoding_stops_at_the_arenas_limit);
	tcase_add_test(tests, a_value_nested_too_deep_costs_its_span_alone);
	tcase_add_test(tests, what_is_not_otlp_is_malformed_and_says_where);
	return run_tests(tests, "services otlp");
}
