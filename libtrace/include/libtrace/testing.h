/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - for tests of instrumented programs: keeps spans in memory instead of sending them. */
#ifndef LIBTRACE_TESTING_H
#define LIBTRACE_TESTING_H

#include <libtrace/sdk.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An exporter that keeps copies of up to 65,536 spans; beyond that export fails with -ENOSPC. While
 * there is one, providers are made as if OTEL_SDK_DISABLED were not set, as it may be in a CI. */
LT_API LT_CHECKED int lt_exporter_memory_new(struct lt_exporter **ret_exporter);

/** The number of spans it holds. */
LT_API size_t lt_exporter_memory_count(struct lt_exporter *exporter);

/** The index-th span in order of arrival; borrowed until reset or free; NULL past the last. */
LT_API const struct lt_span_data *lt_exporter_memory_span(
	struct lt_exporter *exporter, size_t index);

/** The first span of that name, or NULL. */
LT_API const struct lt_span_data *lt_exporter_memory_find(
	struct lt_exporter *exporter, const char *name);

/**
 * Compares all spans that it holds with a text, and prints what differs on standard error.
 *
 *	lt_exporter_memory_expect(exporter,
 *		"GET /orders | SERVER | http.route=/orders\n"
 *		"  check_inventory | order.item=widget | order.qty=2\n"
 *		"  insert | ERROR: the database is full | event: retry\n");
 *
 * A line is a span, two blanks deeper than its parent's; roots and siblings in the order of their
 * starts. Behind the name, separated by " | " and in any order:
 *
 *	SERVER, CLIENT, PRODUCER or CONSUMER   the kind; without one: INTERNAL
 *	ERROR, ERROR: text, OK                 the status; without one: unset
 *	key=value                              an attribute: a string as it is, or quoted where it could
 *	                                       be of another type ("1"); arrays as [1, 2], maps as {a=1}
 *	event: name, event: name (key=value)   an event
 *	remote parent, links: n
 *
 * Kind and status must be equal; of the others only those that are named must be there.
 *
 * @param expected  "": no spans; empty lines are ignored
 * @return whether they agree
 */
LT_API LT_CHECKED bool lt_exporter_memory_expect(
	struct lt_exporter *exporter, const char *expected);

/** All spans that it holds as such a text, complete; new, for free(); NULL when out of memory or over
 * 64 MiB. */
LT_API LT_CHECKED char *lt_exporter_memory_print(struct lt_exporter *exporter);

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
