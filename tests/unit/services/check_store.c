/* SPDX-License-Identifier: Apache-2.0 */
/* check_store.c - traceview's store: its bounds, what it evicts and what it rejects; searches. */
#include "check_main.h"
#include "request.h"
#include "store/search.h"

#include <errno.h>

#define MIB ((size_t)1 << 20)

START_TEST(the_trace_that_changed_least_recently_is_evicted_first)
{
	struct store *store = new_store(3, MIB);
	for (unsigned trace = 1; trace <= 3; trace++)
		ck_assert_int_eq(take_span(store, trace, 1, 1), 0);
	ck_assert_int_eq(take_span(store, 1, 2, 1), 0); /* so 2 is the oldest */
	ck_assert_int_eq(take_span(store, 4, 1, 1), 0);
	ck_assert_ptr_null(store_find(store, id_of(2)));
	ck_assert_ptr_nonnull(store_find(store, id_of(1)));
	ck_assert_ptr_eq(store_newest(store), store_find(store, id_of(4)));
	struct store_stats stats = store_stats(store);
	ck_assert_uint_eq(stats.n_traces, 3);
	ck_assert_uint_eq(stats.n_spans, 4);
	ck_assert_uint_eq(stats.n_evicted_traces, 1);
	ck_assert_uint_eq(stats.n_evicted_spans, 1);
	store_free(store);
}
END_TEST

START_TEST(the_store_stays_below_its_bytes_whatever_comes)
{
	struct store *store = new_store(1000, MIB);
	for (unsigned trace = 1; trace <= 500; trace++) {
		ck_assert_int_eq(take_span(store, trace, 1, trace % 50 * 1000 + 1), 0);
		ck_assert_uint_le(store_stats(store).bytes, MIB);
	}
	struct store_stats stats = store_stats(store);
	ck_assert_uint_gt(stats.n_evicted_traces, 0);
	ck_assert_uint_eq(stats.n_traces + stats.n_evicted_traces, 500);
	store_free(store);
}
END_TEST

START_TEST(a_trace_over_a_quarter_of_the_store_evicts_no_other)
{
	struct store *store = new_store(10, MIB);
	size_t n_rejected = 0;
	ck_assert_int_eq(take_span(store, 1, 1, 1), 0);
	for (unsigned span = 1; span <= 40; span++) {
		static char json[20000];
		struct store_result result;
		char why[OTLP_WHY_BYTES];
		snprintf(json, sizeof(json),
			"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"%032x\","
			"\"spanId\":\"%016x\",\"name\":\"%010000u\"}]}]}]}",
			2, span, span);
		ck_assert_int_eq(intake(store, lt_slice(json), ENCODING_JSON, &result, why), 0);
		n_rejected += result.n_rejected;
		ck_assert_int_eq(result.n_rejected > 0, result.why[0] != '\0');
	}
	ck_assert_uint_gt(n_rejected, 0);
	ck_assert_uint_lt(n_rejected, 40);
	ck_assert_uint_eq(store_stats(store).n_rejected, n_rejected);
	ck_assert_uint_le(store_find(store, id_of(2))->bytes, MIB / 4);
	ck_assert_ptr_nonnull(store_find(store, id_of(1)));
	store_free(store);
}
END_TEST

START_TEST(a_repeated_span_is_stored_once_and_counted)
{
	struct store *store = new_store(10, MIB);
	ck_assert_int_eq(take_json(store, TWO_SPANS), 0);
	size_t bytes = store_stats(store).bytes;
	ck_assert_int_eq(take_json(store, TWO_SPANS), 0);
	struct store_stats stats = store_stats(store);
	ck_assert_uint_eq(stats.n_spans, 2);
	ck_assert_uint_eq(stats.n_received, 4);
	ck_assert_uint_eq(stats.n_repeated, 2);
	ck_assert_uint_eq(stats.bytes, bytes);
	store_free(store);
}
END_TEST

START_TEST(a_batch_that_is_discarded_leaves_the_store_as_it_was)
{
	struct store *store = new_store(10, MIB);
	struct store_batch *batch;
	ck_assert_int_eq(take_json(store, TWO_SPANS), 0);
	struct store_stats before = store_stats(store);
	ck_assert_int_eq(store_batch_new(store, &batch), 0);
	ck_assert_int_eq(store_batch_resource(batch, lt_slice(""), lt_slice("url")), 0);
	ck_assert_int_eq(store_batch_scope(batch, lt_slice(""), lt_slice("")), 0);
	store_batch_free(batch);
	struct store_stats after = store_stats(store);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	store_free(store);
}
END_TEST

START_TEST(a_malformed_request_leaves_the_store_as_it_was)
{
	struct store *store = new_store(10, MIB);
	char cut[sizeof(TWO_SPANS)], why[OTLP_WHY_BYTES];
	struct store_result result;
	for (size_t len = 1; len < sizeof(cut) - 1; len += 13) {
		memcpy(cut, TWO_SPANS, len);
		struct lt_slice request = {cut, len};
		ck_assert_int_eq(intake(store, request, ENCODING_JSON, &result, why), -EBADMSG);
		ck_assert_int_ne(why[0], '\0');
	}
	ck_assert_uint_eq(store_stats(store).n_received, 0);
	ck_assert_uint_eq(store_stats(store).n_spans, 0);
	store_free(store);
}
END_TEST

START_TEST(limits_that_cannot_both_hold_are_refused)
{
	struct store *store;
	struct store_options options = {.max_traces = 10000, .max_bytes = 1000};
	ck_assert_int_eq(store_new(&options, &store), -EINVAL);
	options.max_bytes = store_bytes_needed(options.max_traces);
	ck_assert_int_eq(store_new(&options, &store), 0);
	ck_assert_uint_eq(store_limits(store).max_traces, 10000);
	store_free(store);
}
END_TEST

static long found(const struct store *store, struct search search)
{
	struct arena arena;
	struct trace **traces;
	arena_init(&arena, MIB);
	long n = search_traces(store, &search, &arena, &traces);
	for (long i = 1; i < n; i++)
		ck_assert_uint_ge(traces[i - 1]->start_ns, traces[i]->start_ns);
	arena_done(&arena);
	return n;
}

START_TEST(a_search_finds_the_traces_that_meet_every_condition)
{
	struct store *store = new_store(10, MIB);
	for (unsigned trace = 1; trace <= 5; trace++)
		ck_assert_int_eq(take_span(store, trace, trace, 1), 0); /* starts at trace * 1000 */
	ck_assert_int_eq(take_json(store, TWO_SPANS), 0);
	struct search search = SEARCH_ALL(10);
	ck_assert_int_eq(found(store, search), 6);
	search.limit = 4;
	ck_assert_int_eq(found(store, search), 4);
	search = SEARCH_ALL(10);
	search.service = lt_slice("service 2");
	ck_assert_int_eq(found(store, search), 1);
	search.operation = lt_slice("other");
	ck_assert_int_eq(found(store, search), 0);
	search = SEARCH_ALL(10);
	search.start_min_ns = 2000;
	search.start_max_ns = 4000;
	ck_assert_int_eq(found(store, search), 3); /* both ends included */
	search = SEARCH_ALL(10);
	search.duration_max_ns = 499;
	ck_assert_int_eq(found(store, search), 0);
	search.duration_max_ns = 500;
	ck_assert_int_eq(found(store, search), 5);
	store_free(store);
}
END_TEST

START_TEST(a_search_compares_tags_as_text)
{
	static const struct search_tag held[] = {{{"s", 1}, {"text", 4}}, {{"b", 1}, {"true", 4}},
		{{"i", 1}, {"-7", 2}}, {{"d", 1}, {"1.5", 3}}, {{"y", 1}, {"AAH/", 4}},
		{{"e", 1}, {"1", 1}}, {{"error", 5}, {"true", 4}}};
	static const struct search_tag others[] = {{{"s", 1}, {"tex", 3}}, {{"i", 1}, {"7", 1}},
		{{"absent", 6}, {"", 0}}, {{"error", 5}, {"false", 5}}};
	struct store *store = new_store(10, MIB);
	ck_assert_int_eq(take_json(store, TWO_SPANS), 0);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
		struct search search = SEARCH_ALL(10);
		search.tags = &held[i];
		search.n_tags = 1;
		ck_assert_msg(found(store, search) == 1, "%s", held[i].key.ptr);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct search search = SEARCH_ALL(10);
		search.tags = &others[i];
		search.n_tags = 1;
		ck_assert_msg(found(store, search) == 0, "%s", others[i].key.ptr);
	}
	store_free(store);
}
END_TEST

START_TEST(services_and_operations_are_sorted_and_each_there_once)
{
	struct store *store = new_store(10, MIB);
	struct arena arena;
	struct lt_slice *services;
	struct operation *operations;
	arena_init(&arena, MIB);
	ck_assert_int_eq(take_span(store, 2, 1, 1), 0);
	ck_assert_int_eq(take_span(store, 1, 1, 1), 0);
	ck_assert_int_eq(take_json(store, TWO_SPANS), 0);
	ck_assert_int_eq(take_span(store, 2, 2, 1), 0);
	ck_assert_int_eq(search_services(store, &arena, &services), 3);
	ck_assert_slice_eq(services[0], "service 1");
	ck_assert_slice_eq(services[1], "service 2");
	ck_assert_slice_eq(services[2], "shop");
	ck_assert_int_eq(
		search_operations(store, lt_slice("shop"), lt_slice(""), &arena, &operations), 2);
	ck_assert_slice_eq(operations[0].name, "child");
	ck_assert_slice_eq(operations[1].name, "root");
	ck_assert_str_eq(operations[1].kind, "server");
	ck_assert_int_eq(
		search_operations(store, lt_slice("shop"), lt_slice("client"), &arena, &operations),
		0);
	arena_done(&arena);
	store_free(store);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("services store");
	tcase_add_test(tests, the_trace_that_changed_least_recently_is_evicted_first);
	tcase_add_test(tests, the_store_stays_below_its_bytes_whatever_comes);
	tcase_add_test(tests, a_trace_over_a_quarter_of_the_store_evicts_no_other);
	tcase_add_test(tests, a_repeated_span_is_stored_once_and_counted);
	tcase_add_test(tests, a_batch_that_is_discarded_leaves_the_store_as_it_was);
	tcase_add_test(tests, a_malformed_request_leaves_the_store_as_it_was);
	tcase_add_test(tests, limits_that_cannot_both_hold_are_refused);
	tcase_add_test(tests, a_search_finds_the_traces_that_meet_every_condition);
	tcase_add_test(tests, a_search_compares_tags_as_text);
	tcase_add_test(tests, services_and_operations_are_sorted_and_each_there_once);
	return run_tests(tests, "services store");
}
