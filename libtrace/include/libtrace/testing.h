/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - for tests of instrumented programs: keeps spans in memory instead of sending them. */
#ifndef LIBTRACE_TESTING_H
#define LIBTRACE_TESTING_H

#include <libtrace/sdk.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An exporter that keeps copies of up to 65,536 spans; beyond that export fails with -ENOSPC. */
LT_API LT_CHECKED int lt_exporter_memory_new(struct lt_exporter **ret_exporter);

/** The number of spans it holds. */
LT_API size_t lt_exporter_memory_count(struct lt_exporter *exporter);

/** The index-th span in order of arrival; borrowed until reset or free; NULL past the last. */
LT_API const struct lt_span_data *lt_exporter_memory_span(
	struct lt_exporter *exporter, size_t index);

/** The first span of that name, or NULL. */
LT_API const struct lt_span_data *lt_exporter_memory_find(
	struct lt_exporter *exporter, const char *name);

/** Discards all spans. */
LT_API void lt_exporter_memory_reset(struct lt_exporter *exporter);

/** The attribute of that key, or NULL; for span, event and resource attributes alike. */
LT_API const struct lt_attr *lt_attributes_find(const struct lt_attributes *attrs, const char *key);

/** The value of that key in a map, or NULL. */
LT_API const struct lt_attr *lt_map_find(const struct lt_attr *map, const char *key);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
