/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h - a set of attributes in an arena, in order of arrival, with unique keys. */
#ifndef LT_ATTRIBUTES_H
#define LT_ATTRIBUTES_H

#include "util/span_arena.h"

#include <libtrace/sdk.h>

struct lt_attribute_limits {
	uint32_t count;	       /* not of what is in a map */
	uint32_t value_length; /* characters of a string or bytes, at each depth */
	uint32_t value_depth;  /* levels of LT_VALUE_DEPTH_MAX that are used up already */
};

/* Bookkeeping of a set that grows; all zero for an empty set. */
struct lt_attributes_room {
	uint32_t capacity; /* attributes that fit */
	uint64_t key_bits; /* Bloom filter of the keys */
};

/**
 * Adds copies of attributes, or replaces the values of those with the same keys.
 * Attributes without a value or a key are ignored; those over a limit are dropped and counted.
 */
void lt_attributes_add(struct lt_attributes *set, struct lt_attributes_room *room,
	struct lt_arena *arena, const struct lt_attribute_limits *limits,
	const struct lt_attr *attrs, size_t n);

/** The i-th item of an array of any type, as an attribute of its own without a key; borrowed. */
struct lt_attr lt_attr_item(const struct lt_attr *array, uint32_t i);

#endif
