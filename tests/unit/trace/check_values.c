/* SPDX-License-Identifier: Apache-2.0 */
/* check_values.c - bytes, mixed arrays and maps: copied, limited and encoded at each depth. */
#include "memory_fixture.h"

#include "encode/encode.h"
#include "trace/attributes.h"
#include "trace/span.h"

/* The recorded attribute of a span that is ended with it; under the given limits. */
static const struct lt_attr *record(struct lt_span_limits limits, struct lt_attr attr)
{
	lt_provider_free(provider);
	provider = memory_provider(&exporter, (struct lt_provider_options){.limits = limits});
	tracer = lt_tracer_get(provider, "check", NULL);
	struct lt_span *span = lt_span_start(tracer, "values", NULL);
	lt_span_set(span, &attr, 1);
	lt_span_end(span);
	const struct lt_span_data *data = lt_exporter_memory_span(exporter, 0);
	return lt_attributes_find(&data->attrs, "v");
}

static const struct lt_span_limits no_limits;

START_TEST(a_value_of_every_type_is_copied_at_each_depth)
{
	char text[] = "abc";
	uint8_t bytes[] = {0, 0xff, 'x'};
	int64_t integers[] = {1, 2};
	const struct lt_attr *map = record(no_limits,
		lt_map("v",
			LT_ATTRS(lt_str("s", text), lt_bytes("b", bytes, 3),
				lt_array("a", LT_ATTRS(lt_str("", text), lt_str("", NULL),
						      lt_ints("", integers, 2),
						      lt_map("", LT_ATTRS(lt_bool("t", true))))),
				lt_map("none", NULL, 0))));
	memset(text, 0, sizeof(text));
	memset(bytes, 0, sizeof(bytes));
	memset(integers, 0, sizeof(integers));
	ck_assert_uint_eq(map->n_items, 4);
	ck_assert_slice_eq(lt_map_find(map, "s")->value.string, "abc");
	const struct lt_attr *copied = lt_map_find(map, "b");
	ck_assert_int_eq(copied->type, LT_TYPE_BYTES);
	ck_assert_uint_eq(copied->value.bytes.len, 3);
	ck_assert_mem_eq(copied->value.bytes.ptr, "\0\xffx", 3);
	const struct lt_attr *array = lt_map_find(map, "a");
	ck_assert_int_eq(array->type, LT_TYPE_ARRAY);
	ck_assert_uint_eq(array->n_items, 4);
	ck_assert_slice_eq(array->value.attrs[0].value.string, "abc");
	ck_assert_int_eq(array->value.attrs[1].type, LT_TYPE_NONE); /* null keeps its place */
	ck_assert_int_eq(array->value.attrs[2].value.integers[1], 2);
	ck_assert(lt_map_find(&array->value.attrs[3], "t")->value.boolean);
	ck_assert_uint_eq(lt_map_find(map, "none")->n_items, 0);
	ck_assert_ptr_null(lt_map_find(map, "other"));
	ck_assert_ptr_null(lt_map_find(array, "s"));
}
END_TEST

START_TEST(the_length_limit_holds_at_each_depth)
{
	struct lt_slice strings[] = {lt_slice("\xc3\xa4\xc3\xb6\xc3\xbc")};
	const struct lt_attr *map = record((struct lt_span_limits){.attr_value_length = 2},
		lt_map("v", LT_ATTRS(lt_bytes("b", "\xc3\xa4\xc3\xb6", 4),
				    lt_array("a", LT_ATTRS(lt_strs("", strings, 1),
							  lt_str("", "abc"))))));
	ck_assert_uint_eq(lt_map_find(map, "b")->value.bytes.len, 2); /* bytes, not characters */
	const struct lt_attr *array = lt_map_find(map, "a");
	ck_assert_slice_eq(array->value.attrs[0].value.strings[0], "\xc3\xa4\xc3\xb6");
	ck_assert_slice_eq(array->value.attrs[1].value.string, "ab");
}
END_TEST

START_TEST(the_count_limit_does_not_hold_inside_a_map)
{
	const struct lt_attr *map = record((struct lt_span_limits){.attr_count = 1},
		lt_map("v", LT_ATTRS(lt_int("a", 1), lt_int("b", 2), lt_int("c", 3))));
	ck_assert_uint_eq(map->n_items, 3);
}
END_TEST

START_TEST(a_maps_keys_are_unique_and_the_later_value_is_kept)
{
	const struct lt_attr *map = record(no_limits,
		lt_map("v", LT_ATTRS(lt_int("a", 1), lt_str("a", "two"), lt_int("A", 3))));
	ck_assert_uint_eq(map->n_items, 2);
	ck_assert_slice_eq(lt_map_find(map, "a")->value.string, "two");
}
END_TEST

START_TEST(arrays_and_maps_deeper_than_the_limit_become_null)
{
	int64_t integers[] = {1};
	struct lt_attr deep = lt_map("m", LT_ATTRS(lt_int("kept", 1), lt_ints("a", integers, 1)));
	const struct lt_attr *map = record((struct lt_span_limits){.attr_value_depth = 2},
		lt_map("v", LT_ATTRS(lt_int("kept", 1), deep)));
	map = lt_map_find(map, "m");
	ck_assert_int_eq(lt_map_find(map, "kept")->value.integer, 1);
	ck_assert_int_eq(lt_map_find(map, "a")->type, LT_TYPE_NONE);

	struct lt_attr value = lt_ints("v", integers, 1);
	value = *record((struct lt_span_limits){.attr_value_depth = LT_LIMIT_ZERO}, value);
	ck_assert_int_eq(value.type, LT_TYPE_NONE);
}
END_TEST

START_TEST(the_default_depth_is_64_and_no_value_exhausts_the_stack)
{
	enum { LEVELS = 10000 };
	struct lt_attr *levels = malloc(LEVELS * sizeof(*levels));
	levels[0] = lt_array("v", NULL, 0);
	for (size_t i = 1; i < LEVELS; i++)
		levels[i] = lt_array("v", &levels[i - 1], 1);
	struct lt_span_limits more = {.attr_value_depth = 1000};
	const struct lt_attr *value = record(_i ? more : no_limits, levels[LEVELS - 1]);
	free(levels);
	for (int depth = 1; depth < LT_VALUE_DEPTH_MAX; depth++, value = value->value.attrs)
		ck_assert_int_eq(value->type, LT_TYPE_ARRAY);
	ck_assert_int_eq(value->type, LT_TYPE_ARRAY);
	ck_assert_int_eq(value->value.attrs[0].type, LT_TYPE_NONE);
}
END_TEST

START_TEST(a_value_that_does_not_fit_is_dropped_whole_and_counted)
{
	char *large = calloc(1, LT_ARENA_MAX_BYTES + 1);
	ck_assert_ptr_null(record(
		no_limits, lt_map("v", LT_ATTRS(lt_int("first", 1),
					       lt_bytes("b", large, LT_ARENA_MAX_BYTES + 1)))));
	ck_assert_uint_eq(lt_exporter_memory_span(exporter, 0)->attrs.n_dropped, 1);
	free(large);
}
END_TEST

START_TEST(scopes_are_the_same_whatever_the_order_of_a_maps_keys)
{
	struct lt_attr maps[] = {
		lt_map("m", LT_ATTRS(lt_int("a", 1), lt_bytes("b", "x", 1))),
		lt_map("m", LT_ATTRS(lt_bytes("b", "x", 1), lt_int("a", 1))),
		lt_map("m", LT_ATTRS(lt_bytes("b", "y", 1), lt_int("a", 1))),
	};
	struct lt_tracer *tracers[3];
	for (size_t i = 0; i < 3; i++)
		tracers[i] = lt_tracer_get_scope(provider,
			&(struct lt_instrumentation_scope){.attrs = &maps[i], .n_attrs = 1});
	ck_assert_ptr_eq(tracers[1], tracers[0]);
	ck_assert_ptr_ne(tracers[2], tracers[0]);
}
END_TEST

/* --- encoded ------------------------------------------------------------------------------ */

static struct lt_buffer buffer;

static void record_all(void)
{
	record(no_limits,
		lt_array("v", LT_ATTRS(lt_bytes("", "\0\xff", 2), lt_str("", NULL),
				      lt_map("", LT_ATTRS(lt_int("k", 7))), lt_map("", NULL, 0))));
}

START_TEST(json_has_bytes_maps_and_nulls)
{
	record_all();
	const struct lt_span_data *spans[] = {lt_exporter_memory_span(exporter, 0)};
	lt_otlp_json_encode(&buffer, spans, 1);
	lt_buffer_add_char(&buffer, '\0');
	ck_assert_msg(
		strstr(buffer.bytes, "{\"key\":\"v\",\"value\":{\"arrayValue\":{\"values\":["
				     "{\"bytesValue\":\"AP8=\"},{},{\"kvlistValue\":{\"values\":["
				     "{\"key\":\"k\",\"value\":{\"intValue\":\"7\"}}]}},"
				     "{\"kvlistValue\":{}}]}}}") != NULL,
		"%s", buffer.bytes);
	lt_buffer_done(&buffer);
}
END_TEST

START_TEST(base64_is_padded)
{
	static const char *const texts[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xfb\xff", "+/8="}}; /* RFC 4648 */
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		lt_buffer_reset(&buffer);
		lt_buffer_add_base64(&buffer, lt_slice(texts[i][0]));
		ck_assert_slice_eq(((struct lt_slice){buffer.bytes, buffer.len}), texts[i][1]);
	}
	lt_buffer_done(&buffer);
}
END_TEST

START_TEST(protobuf_has_bytes_maps_and_nulls)
{
	static const char wanted[] = "\x0a\x01v\x12\x1b" /* key, value */
				     "\x2a\x19"		 /* array_value */
				     "\x0a\x04\x3a\x02\0\xff"
				     "\x0a\x00" /* null: no field is set */
				     "\x0a\x0b\x32\x09\x0a\x07\x0a\x01k\x12\x02\x18\x07"
				     "\x0a\x02\x32\x00";
	record_all();
	const struct lt_span_data *spans[] = {lt_exporter_memory_span(exporter, 0)};
	lt_otlp_protobuf_encode(&buffer, spans, 1);
	ck_assert_ptr_nonnull(memmem(buffer.bytes, buffer.len, wanted, sizeof(wanted) - 1));
	lt_buffer_done(&buffer);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("values");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_value_of_every_type_is_copied_at_each_depth);
	tcase_add_test(tests, the_length_limit_holds_at_each_depth);
	tcase_add_test(tests, the_count_limit_does_not_hold_inside_a_map);
	tcase_add_test(tests, a_maps_keys_are_unique_and_the_later_value_is_kept);
	tcase_add_test(tests, arrays_and_maps_deeper_than_the_limit_become_null);
	tcase_add_loop_test(tests, the_default_depth_is_64_and_no_value_exhausts_the_stack, 0, 2);
	tcase_add_test(tests, a_value_that_does_not_fit_is_dropped_whole_and_counted);
	tcase_add_test(tests, scopes_are_the_same_whatever_the_order_of_a_maps_keys);
	tcase_add_test(tests, json_has_bytes_maps_and_nulls);
	tcase_add_test(tests, base64_is_padded);
	tcase_add_test(tests, protobuf_has_bytes_maps_and_nulls);
	return run_tests(tests, "values");
}
