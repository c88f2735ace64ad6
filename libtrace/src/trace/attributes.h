/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h - a set of attributes, kept in an arena; keys are unique, order is that of arrival.
 */
#ifndef LT_ATTRIBUTES_H
#define LT_ATTRIBUTES_H

#include "util/span_arena.h"

#include <libtrace/sdk.h>

struct lt_attribute_limits {
	uint32_t count;
	uint32_t value_length; /* characters of a string, or of each string of an array */
};

/**
 * Adds copies of attributes, or replaces the values of those that are there.
 * Without a value or a key they are passed over; over a limit they are dropped and counted.
 */
void lt_attributes_add(struct lt_attributes *set, struct lt_arena *arena,
	const struct lt_attribute_limits *limits, const struct lt_attr *attrs, size_t n);

/** The i-th item of an array attribute, as an attribute of its own without a key; borrowed. */
struct lt_attr lt_attr_item(const struct lt_attr *array, uint32_t i);

#endif
