/* SPDX-License-Identifier: Apache-2.0 */
/* check_no_memory.c - traceview with each of its allocations failing in turn: no crash, no
 * leak, a request is in the store as a whole or not at all, an answer is whole or an error. */
#include "failing_malloc.h"
#include "query/query.h"
#include "request.h"
#include "show/tree.h"

#include <stdio.h>

#ifdef CAN_FAIL_MALLOC

static struct buffer protobuf; /* TWO_SPANS */
static struct store *shared_store;

/* Writes TWO_SPANS as protobuf: what a sink receives, put together again. */
static int put_resource(struct otlp_sink *sink, struct lt_slice message, struct lt_slice schema_url)
{
	return 0;
}

static int put_span(struct otlp_sink *sink, struct lt_slice message, const struct span *span)
{
	struct buffer scope, resource;
	buffer_init(&scope, 1 << 20);
	buffer_init(&resource, 1 << 20);
	buffer_printf(
		&scope, "\x12%c%c", (int)(message.len & 0x7f) | 0x80, (int)(message.len >> 7));
	buffer_put(&scope, message.ptr, message.len);
	buffer_printf(&resource, "\x12%c%c", (int)(scope.len & 0x7f) | 0x80, (int)(scope.len >> 7));
	buffer_put(&resource, scope.data, scope.len);
	buffer_printf(
		&protobuf, "\x0a%c%c", (int)(resource.len & 0x7f) | 0x80, (int)(resource.len >> 7));
	buffer_put(&protobuf, resource.data, resource.len);
	buffer_done(&scope);
	buffer_done(&resource);
	return 0;
}

static void set_up(void)
{
	struct otlp_sink sink = {.resource = put_resource, .scope = put_resource, .span = put_span};
	char why[OTLP_WHY_BYTES];
	shared_store = new_store(10, 1 << 20);
	ck_assert_int_eq(take_json(shared_store, TWO_SPANS), 0);
	buffer_init(&protobuf, 1 << 20);
	ck_assert_int_eq(otlp_read_json(lt_slice(TWO_SPANS), &sink, why), 0);
}

static void tear_down(void)
{
	buffer_done(&protobuf);
	store_free(shared_store);
}

static void take(enum encoding encoding, struct lt_slice request)
{
	struct store *store;
	struct store_result result;
	char why[OTLP_WHY_BYTES];
	if (store_new(&(struct store_options){10, 1 << 20}, &store) != 0)
		return;
	int err = intake(store, request, encoding, &result, why);
	struct store_stats stats = store_stats(store);
	CHECKED(ck_assert_msg(err == 0 || err == -ENOMEM, "error %d: %s", err, err ? why : ""));
	CHECKED(ck_assert_uint_eq(stats.n_spans + (err ? 0 : result.n_rejected), err ? 0 : 2));
	store_free(store);
}

static void take_from_json(void)
{
	take(ENCODING_JSON, lt_slice(TWO_SPANS));
}

static void take_from_protobuf(void)
{
	take(ENCODING_PROTOBUF, buffer_slice(&protobuf));
}

START_TEST(a_request_in_json_is_taken_whole_or_not_at_all)
{
	ck_assert_int_gt(sweep(take_from_json), 50);
}
END_TEST

START_TEST(a_request_in_protobuf_is_taken_whole_or_not_at_all)
{
	ck_assert_int_gt(sweep(take_from_protobuf), 5);
}
END_TEST

#define V3_TIMES                                                                                   \
	"query.start_time_min=1970-01-01T00:00:00Z&query.start_time_max=2600-01-01T00:00:00Z"

static const char *const queries[][2] = {
	{"/api/v3/traces",
		V3_TIMES "&query.service_name=shop&query.attributes=%7B%22s%22%3A%22text%22%7D"},
	{"/api/v3/traces/" TRACE_ID, ""},
	{"/api/v3/services", ""},
	{"/api/v3/operations", "service=shop"},
	{"/api/traces", "service=shop&tag=s:text&limit=5"},
	{"/api/traces/" TRACE_ID, ""},
	{"/api/services", ""},
	{"/api/services/shop/operations", ""},
	{"/api/dependencies", "endTs=1800000000000&lookback=900000000000"},
	{"/api/traces", "service=%zz&limit=x"},
};
static size_t query_index;
static int expected_status;
static struct lt_slice expected_body;

static void answer(void)
{
	struct answer answer;
	query_answer(shared_store, QUERY_GET, lt_slice(queries[query_index][0]),
		lt_slice(queries[query_index][1]), &answer);
	if (answer.status == expected_status && !answer.body.failed) {
		CHECKED(ck_assert_uint_eq(answer.body.len, expected_body.len));
		CHECKED(ck_assert_mem_eq(answer.body.data, expected_body.ptr, expected_body.len));
	} else {
		bool is_told = memmem(answer.body.data, answer.body.len, "out of memory", 13);
		CHECKED(ck_assert_msg(answer.status == 500 || answer.body.failed || is_told,
			"%s?%s: status %d", queries[query_index][0], queries[query_index][1],
			answer.status));
	}
	buffer_done(&answer.body);
}

START_TEST(a_query_is_answered_whole_or_by_an_error)
{
	for (query_index = 0; query_index < sizeof(queries) / sizeof(queries[0]); query_index++) {
		struct answer first;
		query_answer(shared_store, QUERY_GET, lt_slice(queries[query_index][0]),
			lt_slice(queries[query_index][1]), &first);
		expected_status = first.status;
		expected_body = buffer_slice(&first.body);
		ck_assert_int_gt(sweep(answer), 0);
		buffer_done(&first.body);
	}
}
END_TEST

static void order_spans(void)
{
	struct tree_node *nodes;
	if (tree_new(store_newest(shared_store), &nodes) != 0)
		return;
	CHECKED(ck_assert_uint_eq(nodes[1].parent, 0));
	free(nodes);
}

START_TEST(a_tree_is_whole_or_not_there)
{
	ck_assert_int_gt(sweep(order_spans), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("services no_memory");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_request_in_json_is_taken_whole_or_not_at_all);
	tcase_add_test(tests, a_request_in_protobuf_is_taken_whole_or_not_at_all);
	tcase_add_test(tests, a_query_is_answered_whole_or_by_an_error);
	tcase_add_test(tests, a_tree_is_whole_or_not_there);
	return run_tests(tests, "services no_memory");
}

#else

int main(void)
{
	puts("1..0 # SKIP the malloc of this C library or of ThreadSanitizer cannot be replaced");
	return 0;
}

#endif
