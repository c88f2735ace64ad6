/* SPDX-License-Identifier: Apache-2.0 */
/* sanitizers.c - options for AddressSanitizer, compiled into sanitized builds of the services. */

/* libh2o 2.2.5 caches memory per thread and does not free it when the thread ends.
 * Source: lib/common/memory.c, h2o_mem_alloc_recycle() */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
	return "leak:h2o_mem_alloc_recycle\n";
}

/* No summary at the end of each log. */
const char *__lsan_default_options(void);

__attribute__((visibility("default"))) const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
