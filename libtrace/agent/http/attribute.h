/* SPDX-License-Identifier: Apache-2.0 */
/* attribute.h - trace.h's attributes for keys that are literals here: the agent is never unloaded,
 * so no span has to copy them.
 *
 * Put them into an array's initialiser, where the compiler writes each in its place.  An attribute
 * that is written first and copied then costs a wait each: the processor cannot load in one piece
 * what it has just stored in several.
 */
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

/** A port, a status, a count: 0 or less says that there is none, and is not recorded. */
static inline struct lt_attr attr_int(const char *key, int64_t value)
{
	return (struct lt_attr){.key = lt_slice(key),
		.type = value > 0 ? LT_TYPE_INT : LT_TYPE_NONE,
		.fixed_key = 1,
		.value.integer = value};
}

#endif
