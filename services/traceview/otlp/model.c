/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - lookups in decoded spans. */
#include "otlp/model.h"

const struct value *attr_find(const struct attr_list *attrs, const char *key)
{
	for (size_t i = 0; i < attrs->n; i++) {
		if (slice_equal(attrs->items[i].key, lt_slice(key)))
			return &attrs->items[i].value;
	}
	return NULL;
}

const char *span_kind_name(uint32_t kind)
{
	static const char *const names[KIND_COUNT] = {
		"", "internal", "server", "client", "producer", "consumer"};
	return kind < KIND_COUNT ? names[kind] : "";
}

bool id_is_zero(const uint8_t *id, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (id[i])
			return false;
	}
	return true;
}
