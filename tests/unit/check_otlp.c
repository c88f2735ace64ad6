/* SPDX-License-Identifier: Apache-2.0 */
/* check_otlp.c - both encodings, read back: JSON by jansson, protobuf by a walk over its fields. */
#include "check_main.h"
#include "encode/encode.h"

#include <jansson.h>
#include <locale.h>
#include <stdio.h>

static struct lt_exporter *exporter;
static struct lt_provider *provider;
static const struct lt_span_data *spans[8];
static struct lt_buffer buffer;

/* Three spans of two scopes; the first has everything a span can have. */
static void set_up(void)
{
	struct lt_resource *resource;
	struct lt_attr service = lt_str("service.name", "check");
	ck_assert_int_eq(lt_resource_new(&service, 1, &resource), 0);
	provider = memory_provider(&exporter, (struct lt_provider_options){.resource = resource});
	struct lt_tracer *first = lt_tracer_get(provider, "first", "1");
	struct lt_tracer *second = lt_tracer_get(provider, "second", NULL);

	struct lt_span_context parent = {.trace_id = {0xab, [15] = 0xcd},
		.span_id = {0x12, [7] = 0x34},
		.flags = LT_FLAG_SAMPLED,
		.remote = true,
		.tracestate = "foo=1"};
	struct lt_span *span = lt_span_start(first, "rich",
		&(struct lt_span_options){.parent = &parent,
			.kind = LT_KIND_SERVER,
			.start_ns = 1700000000000000001});
	char long_text[300];
	memset(long_text, 'x', sizeof(long_text));
	lt_span_set(
		span, LT_ATTRS(lt_str("string", "quote \" slash \\ tab \t euro \xe2\x82\xac"),
			      lt_str("not.utf8", "a\xff\xc3z"), lt_int("int", INT64_MIN),
			      lt_double("double", 0.5), lt_bool("bool", false),
			      lt_ints("ints", (const int64_t[]){1, -1}, 2),
			      lt_strs("strings", (const struct lt_slice[]){{"a", 1}, {"", 0}}, 2),
			      lt_strn("long", (struct lt_slice){long_text, sizeof(long_text)}),
			      lt_str("empty", "")));
	lt_span_event_at(span, 1700000000000000002, "event", LT_ATTRS(lt_int("n", 1)));
	lt_span_link(span, &parent, LT_ATTRS(lt_int("l", 2)));
	lt_span_status(span, LT_STATUS_ERROR, "broken");
	lt_span_end_at(span, 1700000001000000000);
	lt_span_end(lt_span_start(second, "plain", &(struct lt_span_options){.root = true}));
	lt_span_end(lt_span_start(first, "last", &(struct lt_span_options){.root = true}));
	for (size_t i = 0; i < 3; i++)
		spans[i] = lt_exporter_memory_span(exporter, i);
}

static void tear_down(void)
{
	lt_buffer_done(&buffer);
	lt_provider_free(provider);
}

/* --- JSON --------------------------------------------------------------------------------- */

static json_t *encode_json(void)
{
	json_error_t error;
	lt_otlp_json_encode(&buffer, spans, 3);
	ck_assert(!buffer.failed);
	json_t *root = json_loadb(buffer.bytes, buffer.len, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "%s at %d", error.text, error.position);
	return root;
}

static json_t *scope_spans(json_t *root)
{
	json_t *resource_spans = json_array_get(json_object_get(root, "resourceSpans"), 0);
	return json_object_get(resource_spans, "scopeSpans");
}

static json_t *rich_span(json_t *root)
{
	json_t *first = json_array_get(scope_spans(root), 0);
	return json_array_get(json_object_get(first, "spans"), 0);
}

static json_t *value_of(json_t *span, const char *key)
{
	size_t i;
	json_t *attribute;
	json_array_foreach(json_object_get(span, "attributes"), i,
		attribute) if (strcmp(json_string_value(json_object_get(attribute, "key")), key) ==
			       0) return json_object_get(attribute, "value");
	return NULL;
}

static const char *text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	ck_assert_msg(value != NULL, "no text %s", key);
	return value;
}

START_TEST(json_has_every_field_as_the_mapping_says)
{
	json_t *root = encode_json();
	json_t *span = rich_span(root);
	ck_assert_str_eq(text(span, "traceId"), "ab0000000000000000000000000000cd");
	ck_assert_str_eq(text(span, "parentSpanId"), "1200000000000034");
	ck_assert_str_eq(text(span, "traceState"), "foo=1");
	ck_assert_str_eq(text(span, "name"), "rich");
	ck_assert_str_eq(text(span, "startTimeUnixNano"), "1700000000000000001");
	ck_assert_str_eq(text(span, "endTimeUnixNano"), "1700000001000000000");
	ck_assert_int_eq(json_integer_value(json_object_get(span, "kind")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(span, "flags")), 0x301);
	ck_assert_str_eq(text(value_of(span, "string"), "stringValue"),
		"quote \" slash \\ tab \t euro \xe2\x82\xac");
	ck_assert_str_eq(
		text(value_of(span, "not.utf8"), "stringValue"), "a\xef\xbf\xbd\xef\xbf\xbdz");
	ck_assert_str_eq(text(value_of(span, "int"), "intValue"), "-9223372036854775808");
	ck_assert_double_eq(
		json_real_value(json_object_get(value_of(span, "double"), "doubleValue")), 0.5);
	ck_assert(json_is_false(json_object_get(value_of(span, "bool"), "boolValue")));
	json_t *ints =
		json_object_get(json_object_get(value_of(span, "ints"), "arrayValue"), "values");
	ck_assert_uint_eq(json_array_size(ints), 2);
	ck_assert_str_eq(text(json_array_get(ints, 1), "intValue"), "-1");
	ck_assert_str_eq(text(value_of(span, "empty"), "stringValue"), "");
	json_t *event = json_array_get(json_object_get(span, "events"), 0);
	ck_assert_str_eq(text(event, "timeUnixNano"), "1700000000000000002");
	json_t *link = json_array_get(json_object_get(span, "links"), 0);
	ck_assert_str_eq(text(link, "spanId"), "1200000000000034");
	json_t *status = json_object_get(span, "status");
	ck_assert_int_eq(json_integer_value(json_object_get(status, "code")), 2);
	ck_assert_str_eq(text(status, "message"), "broken");
	json_decref(root);
}
END_TEST

START_TEST(spans_are_grouped_by_scope)
{
	json_t *root = encode_json();
	json_t *groups = scope_spans(root);
	ck_assert_uint_eq(json_array_size(groups), 2);
	json_t *first = json_array_get(groups, 0);
	ck_assert_str_eq(text(json_object_get(first, "scope"), "name"), "first");
	ck_assert_uint_eq(json_array_size(json_object_get(first, "spans")), 2);
	json_decref(root);
}
END_TEST

START_TEST(numbers_do_not_depend_on_the_locale)
{
	static const char *const with_comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
	for (size_t i = 0; i < sizeof(with_comma) / sizeof(with_comma[0]); i++)
		if (setlocale(LC_ALL, with_comma[i]))
			break;
	json_decref(encode_json());
	ck_assert(memmem(buffer.bytes, buffer.len, "{\"doubleValue\":0.5}", 19) != NULL);
}
END_TEST

START_TEST(doubles_that_json_has_no_number_for_are_strings)
{
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "first", "1"), "odd", NULL);
	lt_span_set(span, LT_ATTRS(lt_double("nan", 0.0 / 0.0), lt_double("inf", -1.0 / 0.0)));
	lt_span_end(span);
	spans[0] = lt_exporter_memory_find(exporter, "odd");
	json_t *root = encode_json();
	ck_assert_str_eq(text(value_of(rich_span(root), "nan"), "doubleValue"), "NaN");
	ck_assert_str_eq(text(value_of(rich_span(root), "inf"), "doubleValue"), "-Infinity");
	json_decref(root);
}
END_TEST

/* --- protobuf ----------------------------------------------------------------------------- */

static uint64_t take_varint(struct lt_slice *in)
{
	uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		ck_assert_uint_gt(in->len, 0);
		uint8_t byte = (uint8_t)*in->ptr++;
		in->len--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
}

/* The index-th value of a field: bytes as they are, numbers as 8 little-endian bytes.  Checks that
 * the message is well-formed to its end. */
static struct lt_slice field(struct lt_slice message, unsigned number, unsigned index)
{
	static uint64_t varints[64];
	static unsigned n_varints;
	struct lt_slice found = {NULL, 0};
	while (message.len) {
		uint64_t tag = take_varint(&message), len = 0;
		struct lt_slice value;
		switch (tag & 7) {
		case 0:
			varints[n_varints % 64] = take_varint(&message);
			value = (struct lt_slice){(char *)&varints[n_varints++ % 64], 8};
			break;
		case 1:
			len = 8;
			break;
		case 2:
			len = take_varint(&message);
			break;
		case 5:
			len = 4;
			break;
		default:
			ck_abort_msg("wire type %d", (int)(tag & 7));
		}
		if ((tag & 7) != 0) {
			ck_assert_uint_le(len, message.len);
			value = (struct lt_slice){message.ptr, (size_t)len};
			message = (struct lt_slice){message.ptr + len, message.len - (size_t)len};
		}
		if (tag >> 3 == number && index-- == 0)
			found = value;
	}
	return found;
}

static uint64_t number(struct lt_slice message, unsigned field_number)
{
	uint64_t value = 0;
	struct lt_slice bytes = field(message, field_number, 0);
	memcpy(&value, bytes.ptr, bytes.len);
	return value;
}

static struct lt_slice any_value(struct lt_slice span, const char *key)
{
	struct lt_slice pair;
	for (unsigned i = 0; (pair = field(span, 9, i)).ptr; i++) {
		struct lt_slice name = field(pair, 1, 0);
		if (name.len == strlen(key) && memcmp(name.ptr, key, name.len) == 0)
			return field(pair, 2, 0);
	}
	ck_abort_msg("no attribute %s", key);
}

START_TEST(protobuf_has_every_field_under_its_number)
{
	lt_otlp_protobuf_encode(&buffer, spans, 3);
	ck_assert(!buffer.failed);
	struct lt_slice resource_spans = field((struct lt_slice){buffer.bytes, buffer.len}, 1, 0);
	struct lt_slice resource = field(resource_spans, 1, 0);
	ck_assert_slice_eq(field(field(resource, 1, 0), 1, 0), "service.name");
	struct lt_slice first = field(resource_spans, 2, 0), second = field(resource_spans, 2, 1);
	ck_assert_ptr_nonnull(second.ptr);
	ck_assert_slice_eq(field(field(first, 1, 0), 1, 0), "first");
	ck_assert_slice_eq(field(field(first, 1, 0), 2, 0), "1");
	ck_assert_ptr_nonnull(field(first, 2, 1).ptr); /* its second span */

	struct lt_slice span = field(first, 2, 0);
	ck_assert_mem_eq(field(span, 1, 0).ptr, spans[0]->context.trace_id, 16);
	ck_assert_mem_eq(field(span, 2, 0).ptr, spans[0]->context.span_id, 8);
	ck_assert_slice_eq(field(span, 3, 0), "foo=1");
	ck_assert_mem_eq(field(span, 4, 0).ptr, spans[0]->parent_span_id, 8);
	ck_assert_slice_eq(field(span, 5, 0), "rich");
	ck_assert_uint_eq(number(span, 6), 2);
	ck_assert_uint_eq(number(span, 7), 1700000000000000001);
	ck_assert_uint_eq(number(span, 8), 1700000001000000000);
	ck_assert_uint_eq(number(span, 16), 0x301);
	ck_assert_slice_eq(field(any_value(span, "not.utf8"), 1, 0), "a\xef\xbf\xbd\xef\xbf\xbdz");
	ck_assert_uint_eq(number(any_value(span, "int"), 3), (uint64_t)INT64_MIN);
	ck_assert_uint_eq(
		field(any_value(span, "bool"), 2, 0).len, 8); /* false is there all the same */
	ck_assert_uint_eq(field(any_value(span, "long"), 1, 0).len, 300);
	ck_assert_ptr_nonnull(field(any_value(span, "empty"), 1, 0).ptr);
	struct lt_slice ints = field(any_value(span, "ints"), 5, 0);
	ck_assert_uint_eq(number(field(ints, 1, 1), 3), UINT64_MAX);
	struct lt_slice event = field(span, 11, 0), link = field(span, 13, 0),
			status = field(span, 15, 0);
	ck_assert_uint_eq(number(event, 1), 1700000000000000002);
	ck_assert_slice_eq(field(event, 2, 0), "event");
	ck_assert_mem_eq(field(link, 2, 0).ptr, spans[0]->parent_span_id, 8);
	ck_assert_slice_eq(field(status, 2, 0), "broken");
	ck_assert_uint_eq(number(status, 3), 2);
	ck_assert_ptr_null(field(field(second, 2, 0), 4, 0).ptr); /* a root has no parent */
}
END_TEST

/* A message of 127, 128, 16383, 16384 and 2 MiB bytes: each length takes a byte more. */
/* As a relay sends them, which serves several programs. */
START_TEST(spans_of_two_resources_are_one_request)
{
	struct lt_resource *other;
	struct lt_attr service = lt_str("service.name", "other");
	struct lt_span_data data = *spans[1];
	ck_assert_int_eq(lt_resource_new(&service, 1, &other), 0);
	data.resource = other;
	spans[3] = &data;

	json_error_t error;
	lt_otlp_json_encode(&buffer, spans, 4);
	json_t *root = json_loadb(buffer.bytes, buffer.len, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "%s at %d", error.text, error.position);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "resourceSpans")), 2);
	ck_assert_uint_eq(json_array_size(scope_spans(root)), 2);
	json_decref(root);

	lt_buffer_reset(&buffer);
	lt_otlp_protobuf_encode(&buffer, spans, 4);
	struct lt_slice request = {buffer.bytes, buffer.len};
	struct lt_slice first = field(request, 1, 0), second = field(request, 1, 1);
	struct lt_slice value = field(field(field(second, 1, 0), 1, 0), 2, 0);
	ck_assert_slice_eq(field(value, 1, 0), "other");
	ck_assert_ptr_nonnull(field(first, 2, 1).ptr);
	ck_assert_ptr_null(field(second, 2, 1).ptr); /* its one scope */
	ck_assert_ptr_null(field(request, 1, 2).ptr);
	lt_resource_free(other);
}
END_TEST

START_TEST(messages_of_every_length_are_framed_right)
{
	static const size_t sizes[] = {100, 127, 128, 5000, 16383, 16384, 70000, 1000000};
	char *long_text = malloc(sizes[_i]);
	memset(long_text, 'x', sizes[_i]);
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "first", "1"), "long", NULL);
	lt_span_set(span, LT_ATTRS(lt_strn("long", (struct lt_slice){long_text, sizes[_i]}),
				  lt_int("after", 7)));
	free(long_text);
	lt_span_end(span);
	spans[0] = lt_exporter_memory_find(exporter, "long");
	for (size_t i = 1; i < 8; i++)
		spans[i] = spans[0];
	lt_otlp_protobuf_encode(&buffer, spans, 8);
	struct lt_slice resource_spans = field((struct lt_slice){buffer.bytes, buffer.len}, 1, 0);
	struct lt_slice last = field(field(resource_spans, 2, 0), 2, 7);
	ck_assert_uint_eq(field(any_value(last, "long"), 1, 0).len, sizes[_i]);
	ck_assert_uint_eq(number(any_value(last, "after"), 3), 7);
}
END_TEST

START_TEST(a_partial_success_is_read)
{
	static const char said[] = "\x0a\x0b\x08\x03\x12\x07too big";
	struct lt_otlp_partial_success partial;
	ck_assert(lt_otlp_protobuf_decode_response(
		(struct lt_slice){said, sizeof(said) - 1}, &partial));
	ck_assert_int_eq(partial.n_rejected, 3);
	ck_assert_slice_eq(partial.message, "too big");
	ck_assert(lt_otlp_protobuf_decode_response((struct lt_slice){"", 0}, &partial));
	ck_assert_int_eq(partial.n_rejected, 0);
	for (size_t n = 1; n < sizeof(said) - 1; n++) /* cut anywhere: refused, not misread */
		ck_assert(!lt_otlp_protobuf_decode_response((struct lt_slice){said, n}, &partial));
}
END_TEST

START_TEST(a_partial_success_is_read_in_json)
{
	static const struct {
		const char *json, *message;
		int64_t n_rejected;
	} cases[] = {
		{"{}", "", 0},
		{" {\"partialSuccess\" : {\"rejectedSpans\" : \"3\"}}", "", 3},
		{"{\"partialSuccess\":{\"rejectedSpans\":12,\"errorMessage\":\"a, \\\"b\\\"\"}}",
			"a, \\\"b\\\"", 12},
		{"{\"partialSuccess\":{\"errorMessage\":\"no count\"}}", "no count", 0},
		{"{\"partialSuccess\":{\"rejectedSpans\":\"0\",\"errorMessage\":\"\"}}", "", 0},
		{"{\"x\":\"\\\"rejectedSpans\\\":5\"}", "", 0}, /* within a string */
		{"{\"rejectedSpans\":null,\"errorMessage\":null}", "", 0},
		{"{\"rejectedSpans\":\"99999999999999999999\"}", "", 0},
		{"{\"rejectedSpans\":-3}", "", 0},
	};
	struct lt_otlp_partial_success partial;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert(lt_otlp_json_decode_response(lt_slice(cases[i].json), &partial));
		ck_assert_int_eq(partial.n_rejected, cases[i].n_rejected);
		ck_assert_slice_eq(partial.message, cases[i].message);
	}
	static const char *const none[] = {"", "fine", "[]", "{\"a", "{\"a\":\"b", "{\"a\\"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert(!lt_otlp_json_decode_response(lt_slice(none[i]), &partial));
}
END_TEST

START_TEST(a_failures_message_is_read)
{
	static const char status[] = "\x08\x03\x12\x06no key";
	struct lt_slice message = {"", 0};
	ck_assert(lt_otlp_protobuf_decode_status(
		(struct lt_slice){status, sizeof(status) - 1}, &message));
	ck_assert_slice_eq(message, "no key");
	ck_assert(!lt_otlp_protobuf_decode_status((struct lt_slice){status, 2}, &message));
	ck_assert(!lt_otlp_protobuf_decode_status(lt_slice("<html>no key</html>"), &message));
	ck_assert(!lt_otlp_protobuf_decode_status(lt_slice("no such tenant"), &message));
}
END_TEST

START_TEST(a_zero_keeps_its_sign_in_json)
{
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "zero", NULL), "zero",
		&(struct lt_span_options){.root = true});
	lt_span_set(span, LT_ATTRS(lt_double("zero", -0.0), lt_double("plus", 0.0)));
	lt_span_end(span);
	const struct lt_span_data *one[] = {lt_exporter_memory_span(exporter, 3)};
	lt_otlp_json_encode(&buffer, one, 1);
	lt_buffer_add_char(&buffer, '\0');
	ck_assert_ptr_nonnull(strstr(buffer.bytes, "{\"doubleValue\":-0.0}"));
	ck_assert_ptr_nonnull(strstr(buffer.bytes, "{\"doubleValue\":0}"));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("otlp");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, json_has_every_field_as_the_mapping_says);
	tcase_add_test(tests, spans_are_grouped_by_scope);
	tcase_add_test(tests, numbers_do_not_depend_on_the_locale);
	tcase_add_test(tests, doubles_that_json_has_no_number_for_are_strings);
	tcase_add_test(tests, protobuf_has_every_field_under_its_number);
	tcase_add_test(tests, spans_of_two_resources_are_one_request);
	tcase_add_loop_test(tests, messages_of_every_length_are_framed_right, 0, 8);
	tcase_add_test(tests, a_partial_success_is_read);
	tcase_add_test(tests, a_partial_success_is_read_in_json);
	tcase_add_test(tests, a_failures_message_is_read);
	tcase_add_test(tests, a_zero_keeps_its_sign_in_json);
	return run_tests(tests, "otlp");
}
