/* SPDX-License-Identifier: Apache-2.0 */
/* check_curl_memory.c - libcurl's allocator in the gateway behaves like malloc(), and its loop
 * keeps the memory.
 */
#include "check_main.h"
#include "curl_memory.h"

#include <pthread.h>
#include <stdint.h>

#define N_BYTES 6000 /* of small pieces and large ones */

static char byte_of(size_t i)
{
	return (char)(i * 31 + 7);
}

START_TEST(a_piece_holds_what_was_asked_for)
{
	for (size_t n = 0; n <= N_BYTES; n += n < 200 ? 1 : 97) {
		char *piece = curl_memory_take(n);
		ck_assert_ptr_nonnull(piece);
		ck_assert_uint_eq((uintptr_t)piece % _Alignof(max_align_t), 0);
		memset(piece, 0x5a, n);
		curl_memory_give_back(piece);
	}
}
END_TEST

START_TEST(a_loop_gets_the_piece_that_came_back_last)
{
	curl_memory_keep();
	void *first = curl_memory_take(100), *second = curl_memory_take(100);
	curl_memory_give_back(first);
	curl_memory_give_back(second);
	void *again = curl_memory_take(90), *other = curl_memory_take(100);
	ck_assert_ptr_eq(again, second);
	ck_assert_ptr_eq(other, first);
	curl_memory_give_back(again);
	curl_memory_give_back(other);
	curl_memory_release();
}
END_TEST

START_TEST(pieces_in_use_are_never_the_same)
{
	enum { N = 300 };
	static char *pieces[N];
	curl_memory_keep();
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			pieces[i] = curl_memory_take(8 + i);
			memset(pieces[i], i, 8 + i);
		}
		for (int i = 0; i < N; i++) {
			for (int j = 0; j < 8 + i; j++)
				ck_assert_int_eq((uint8_t)pieces[i][j], (uint8_t)i);
			curl_memory_give_back(pieces[i]);
		}
	}
	curl_memory_release();
}
END_TEST

START_TEST(resizing_keeps_the_content)
{
	curl_memory_keep();
	size_t n = 1;
	char *piece = curl_memory_resize(NULL, n);
	piece[0] = byte_of(0);
	while (n < N_BYTES) {
		size_t more = n + 1 + n / 3;
		piece = curl_memory_resize(piece, more);
		ck_assert_ptr_nonnull(piece);
		for (size_t i = 0; i < n; i++)
			ck_assert_int_eq(piece[i], byte_of(i));
		for (size_t i = n; i < more; i++)
			piece[i] = byte_of(i);
		n = more;
	}
	curl_memory_give_back(piece);
	curl_memory_release();
}
END_TEST

START_TEST(zeroed_memory_is_zero_when_used_before)
{
	curl_memory_keep();
	char *piece = curl_memory_take(64);
	memset(piece, 0xff, 64);
	curl_memory_give_back(piece);
	piece = curl_memory_take_zeroed(4, 16);
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(piece[i], 0);
	curl_memory_give_back(piece);
	curl_memory_release();
}
END_TEST

START_TEST(too_much_is_refused)
{
	for (size_t less = 0; less < 16; less++) /* with its head more than there is */
		ck_assert_ptr_null(curl_memory_take(SIZE_MAX - less));
	ck_assert_ptr_null(curl_memory_take_zeroed(SIZE_MAX / 2, 3));
	char *piece = curl_memory_copy_text("kept");
	ck_assert_ptr_null(curl_memory_resize(piece, SIZE_MAX - 8));
	ck_assert_str_eq(piece, "kept");
	curl_memory_give_back(piece);
	curl_memory_give_back(NULL);
}
END_TEST

static void *give_back(void *piece)
{
	curl_memory_give_back(piece);
	return NULL;
}

START_TEST(another_thread_may_give_back)
{
	pthread_t thread;
	curl_memory_keep();
	for (int i = 0; i < 100; i++) {
		char *piece = curl_memory_copy_text("from here");
		ck_assert_int_eq(pthread_create(&thread, NULL, give_back, piece), 0);
		pthread_join(thread, NULL);
	}
	curl_memory_release();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("curl memory");
	tcase_add_test(tests, a_piece_holds_what_was_asked_for);
	tcase_add_test(tests, a_loop_gets_the_piece_that_came_back_last);
	tcase_add_test(tests, pieces_in_use_are_never_the_same);
	tcase_add_test(tests, resizing_keeps_the_content);
	tcase_add_test(tests, zeroed_memory_is_zero_when_used_before);
	tcase_add_test(tests, too_much_is_refused);
	tcase_add_test(tests, another_thread_may_give_back);
	return run_tests(tests, "curl memory");
}
