/* SPDX-License-Identifier: Apache-2.0 */
/* check_grpc_message.c - gRPC's prefix round a message, and texts in headers. */
#include "base/hex.h"
#include "case_files.h"
#include "check_main.h"
#include "serve/grpc_message.h"

static void is_read_as(char *line)
{
	char *sent = strsep(&line, "|"), *kind = strsep(&line, "|");
	uint8_t body[64], expected[64];
	size_t len = strlen(sent) / 2, expected_len = strlen(line) / 2;
	ck_assert(hex_parse(lt_slice(sent), body, len));
	ck_assert(hex_parse(lt_slice(line), expected, expected_len));
	bool is_packed = false;
	struct lt_slice message = {NULL, 0};
	const char *wrong =
		grpc_read_message((struct lt_slice){(const char *)body, len}, &is_packed, &message);
	ck_assert_str_eq(wrong ? wrong : is_packed ? "packed" : "plain", kind);
	ck_assert_uint_eq(message.len, expected_len);
	if (expected_len)
		ck_assert_mem_eq(message.ptr, expected, expected_len);
}

START_TEST(a_call_has_one_message_and_its_prefix_tells_all_of_it)
{
	for_each_case("grpc_message/bodies.txt", is_read_as);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	static const char content[70000];
	struct buffer out;
	struct lt_slice message;
	bool is_packed;
	buffer_init(&out, sizeof(content) + GRPC_PREFIX_BYTES);
	grpc_begin_message(&out);
	buffer_put(&out, content, sizeof(content));
	grpc_end_message(&out);
	ck_assert_ptr_null(grpc_read_message(buffer_slice(&out), &is_packed, &message));
	ck_assert_uint_eq(message.len, sizeof(content));
	ck_assert(!is_packed);
	buffer_done(&out);
}
END_TEST

START_TEST(texts_are_percent_encoded_where_a_header_cannot_have_them)
{
	struct buffer out;
	buffer_init(&out, 100);
	grpc_put_text(&out, "a b%\n\x7f\xc3\xa4~");
	ck_assert_slice_eq(buffer_slice(&out), "a b%25%0A%7F%C3%A4~");
	buffer_done(&out);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("grpc_message");
	tcase_add_test(tests, a_call_has_one_message_and_its_prefix_tells_all_of_it);
	tcase_add_test(tests, what_is_written_is_read_back);
	tcase_add_test(tests, texts_are_percent_encoded_where_a_header_cannot_have_them);
	return run_tests(tests, "grpc_message");
}
