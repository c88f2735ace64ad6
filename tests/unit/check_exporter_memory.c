/* SPDX-License-Identifier: Apache-2.0 */
/* check_exporter_memory.c - the spans that tests read are complete copies. */
#include "memory_fixture.h"

#include <errno.h>

/* A span with one of everything, all of it with the span's number. */
static struct lt_span *start_full(char of)
{
	char text[3] = {'k', of, '\0'};
	struct lt_span_context context = {.trace_id = {1},
		.span_id = {1},
		.flags = LT_FLAG_SAMPLED,
		.tracestate = {'k', '=', of}};
	struct lt_slice strings[] = {lt_slice(text), lt_slice(text)};
	int64_t integers[] = {of, of};
	bool booleans[] = {true, false};
	struct lt_span *span =
		lt_span_start(tracer, text, &(struct lt_span_options){.parent = &context});
	lt_span_set(span, LT_ATTRS(lt_str("s", text), lt_strs("strs", strings, 2),
				  lt_ints("ints", integers, 2), lt_bools("bools", booleans, 2)));
	lt_span_event(span, text, LT_ATTRS(lt_str("of", text)));
	lt_span_link(span, &context, LT_ATTRS(lt_str("of", text)));
	lt_span_status(span, LT_STATUS_ERROR, text);
	return span;
}

static const struct lt_attr *attr(const struct lt_attributes *attrs, const char *key)
{
	const struct lt_attr *found = lt_attributes_find(attrs, key);
	ck_assert_ptr_nonnull(found);
	return found;
}

static void check_full(const struct lt_span_data *span, char of)
{
	char text[3] = {'k', of, '\0'}, tracestate[4] = {'k', '=', of, '\0'};
	ck_assert_slice_eq(span->name, text);
	ck_assert_slice_eq(span->status_text, text);
	ck_assert_slice_eq(span->context.tracestate, tracestate);
	ck_assert_uint_eq(span->attrs.n, 4);
	ck_assert_slice_eq(attr(&span->attrs, "s")->value.string, text);
	ck_assert_slice_eq(attr(&span->attrs, "strs")->value.strings[1], text);
	ck_assert_int_eq(attr(&span->attrs, "ints")->value.integers[1], of);
	ck_assert(attr(&span->attrs, "bools")->value.booleans[0]);
	ck_assert_uint_eq(span->n_events, 1);
	ck_assert_slice_eq(span->events[0].name, text);
	ck_assert_slice_eq(attr(&span->events[0].attrs, "of")->value.string, text);
	ck_assert_uint_eq(span->n_links, 1);
	ck_assert_slice_eq(span->links[0].context.tracestate, tracestate);
	ck_assert_slice_eq(attr(&span->links[0].attrs, "of")->value.string, text);
}

START_TEST(a_span_is_kept_whole_after_its_memory_is_anothers)
{
	lt_span_end(start_full('a'));
	lt_span_end(start_full('b'));
	check_full(lt_exporter_memory_span(exporter, 0), 'a');
	check_full(lt_exporter_memory_span(exporter, 1), 'b');
}
END_TEST

START_TEST(a_span_that_has_filled_its_memory_is_kept_whole)
{
	enum { NAME_LEN = 1024 * 1024 };
	char *name = malloc(NAME_LEN + 1);
	memset(name, 'n', NAME_LEN);
	name[NAME_LEN] = '\0';
	struct lt_span *span = start_full('a');
	lt_span_set_name(span, name);
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	ck_assert_uint_eq(data->name.len, NAME_LEN);
	ck_assert_slice_eq(data->context.tracestate, "k=a");
	ck_assert_uint_eq(data->n_events, 1);
	ck_assert_slice_eq(data->events[0].name, "ka");
	free(name);
}
END_TEST

START_TEST(spans_over_the_exporters_limit_are_lost_and_reported_and_the_others_stay)
{
	enum { SPANS_MAX = 65536 };
	for (int i = 0; i < SPANS_MAX; i++)
		lt_span_end(lt_span_start(tracer, "kept", NULL));
	ck_assert_int_eq(lt_provider_flush(provider, 100), 0);
	lt_span_end(lt_span_start(tracer, "lost", NULL));
	ck_assert_int_eq(lt_provider_flush(provider, 100), -EIO);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), SPANS_MAX);
	ck_assert_ptr_null(lt_exporter_memory_find(exporter, "lost"));
	ck_assert_ptr_null(lt_exporter_memory_span(exporter, SPANS_MAX));
}
END_TEST

/* --- memory that runs out ----------------------------------------------------------------- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

static long n_left = -1; /* allocations until one fails; negative: none does */

extern void *__libc_malloc(size_t size);
void *malloc(size_t size)
{
	if (n_left > 0)
		n_left--;
	return n_left == 0 ? NULL : __libc_malloc(size);
}

START_TEST(a_span_that_cannot_be_copied_is_not_kept)
{
	size_t n_kept = 0;
	for (long n = 1; n_kept == 0; n++) {
		ck_assert_int_lt(n, 1000);
		struct lt_span *span = start_full('a');
		n_left = n;
		lt_span_end(span);
		n_left = -1;
		lt_span_end(start_full('b'));
		n_kept = lt_exporter_memory_count(exporter) - 1;
		check_full(lt_exporter_memory_span(exporter, 0), n_kept ? 'a' : 'b');
		ck_assert_int_eq(lt_provider_flush(provider, 100), n_kept ? 0 : -EIO);
		lt_exporter_memory_reset(exporter);
	}
}
END_TEST

static void add_memory_tests(TCase *tests)
{
	tcase_add_test(tests, a_span_that_cannot_be_copied_is_not_kept);
}

#else /* whose malloc is their own */

static void add_memory_tests(TCase *tests)
{
}

#endif

int main(void)
{
	TCase *tests = tcase_create("exporter_memory");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_span_is_kept_whole_after_its_memory_is_anothers);
	tcase_add_test(tests, a_span_that_has_filled_its_memory_is_kept_whole);
	tcase_set_timeout(tests, 60);
	tcase_add_test(
		tests, spans_over_the_exporters_limit_are_lost_and_reported_and_the_others_stay);
	add_memory_tests(tests);
	return run_tests(tests, "exporter_memory");
}
