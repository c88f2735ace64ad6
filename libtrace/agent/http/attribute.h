/* SPDX-License-Identifier: Apache-2.0 */
/* attribute.h - attributes whose keys are literals of the agent: it is never unloaded, so spans
 * need not copy them.
 *
 * Use them in an array's initialiser, where the compiler writes them in place.  An attribute that
 * is written first and then copied costs a stall: the processor cannot forward several stores to
 * one wider load. */
#ifndef LT_AGENT_ATTRIBUTE_H
#define LT_AGENT_ATTRIBUTE_H

#include <libtrace/trace.h>

/** Not recorded when value.ptr is NULL. */
static inline struct lt_attr attr_strn(const char *key, struct lt_slice value)
{
	return (struct lt_attr){.key = lt_slice(key),
		.type = value.ptr ? LT_TYPE_STRING : LT_TYPE_NONE,
		.fixed_key = 1,
		.value.string = value};
}

/** Not recorded when value is NULL. */
static inline struct lt_attr attr_str(const char *key, const char *value)
{
	return attr_strn(key, lt_slice(value));
}

/** For a port, a status, a count: 0 or less means none and is not recorded. */
static inline struct lt_attr attr_int(const char *key, int64_t value)
{
	return (struct lt_attr){.key = lt_slice(key),
		.type = value > 0 ? LT_TYPE_INT : LT_TYPE_NONE,
		.fixed_key = 1,
		.value.integer = value};
}

#endif
