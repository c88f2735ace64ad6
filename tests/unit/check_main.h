/* SPDX-License-Identifier: Apache-2.0 */
/* check_main.h - what every unit test's main() does, and a provider that keeps spans in memory. */
#ifndef CHECK_MAIN_H
#define CHECK_MAIN_H

#include <check.h>
#include <libtrace/sdk.h>
#include <libtrace/testing.h>
#include <stdlib.h>

/* libcheck's 4 s are few for ThreadSanitizer on a busy machine. */
__attribute__((constructor)) static inline void set_timeout(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
}

static inline int run_tests(TCase *tests, const char *name)
{
	Suite *suite = suite_create(name);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(
		runner, "-"); /* what meson counts; nothing else may be on standard output */
	srunner_run_all(runner, CK_SILENT);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A provider whose ended spans are in `exporter` at once; for lt_provider_free. */
static inline struct lt_provider *memory_provider(
	struct lt_exporter **ret_exporter, struct lt_provider_options options)
{
	struct lt_provider *provider;
	ck_assert_int_eq(lt_exporter_memory_new(ret_exporter), 0);
	ck_assert_int_eq(lt_processor_simple_new(*ret_exporter, &options.processor), 0);
	ck_assert_int_eq(lt_provider_new(&options, &provider), 0);
	return provider;
}

#define ck_assert_slice_eq(slice, text)                                                            \
	do {                                                                                       \
		struct lt_slice ck_slice = (slice);                                                \
		ck_assert_uint_eq(ck_slice.len, strlen(text));                                     \
		ck_assert_mem_eq(ck_slice.ptr ? ck_slice.ptr : "", (text), ck_slice.len);          \
	} while (0)

#endif
