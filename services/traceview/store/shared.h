/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h - resources and scopes, each stored once and shared by its spans. */
#ifndef TRACEVIEW_SHARED_H
#define TRACEVIEW_SHARED_H

#include "otlp/model.h"

/* A resource or a scope; freed with its last reference. */
struct shared {
	struct shared *next; /* of the same hash bucket */
	size_t refs;
	uint64_t hash;
	/* Resource or InstrumentationScope, encoded. A resource without a usable service.name has
	 * Jaeger's placeholder for it. */
	struct lt_slice message;
	struct lt_slice received; /* the message before that */
	struct lt_slice schema_url;
	struct lt_slice service; /* of a resource: its service.name */
	bool is_scope;
	size_t mark; /* scratch space of the code that writes an answer */
	char data[];
};

struct shared_table {
	struct shared **buckets;
	size_t n_buckets; /* a power of two */
	uint64_t seed;
	size_t *bytes; /* borrowed; counts the memory of the entries */
};

/**
 * Finds the entry with that content or creates it.
 * @param ret_shared  new: for shared_release
 * @return 0, -EBADMSG for a message that is not one, -EMSGSIZE or -ENOMEM
 */
LT_CHECKED int shared_get(struct shared_table *table, bool is_scope, struct lt_slice message,
	struct lt_slice schema_url, struct shared **ret_shared);

static inline struct shared *shared_hold(struct shared *shared)
{
	shared->refs++;
	return shared;
}

/** Drops a reference; the last one frees the entry. NULL is fine. */
void shared_release(struct shared_table *table, struct shared *shared);

/** A hash whose collisions cannot be predicted without the seed. Use its upper bits. */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t n);

/** The memory that a malloc() block takes, with the allocator's overhead. */
size_t memory_of(void *block);

#endif
