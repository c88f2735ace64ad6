/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h - resources and scopes, kept once however many spans name them. */
#ifndef TRACEVIEW_SHARED_H
#define TRACEVIEW_SHARED_H

#include "otlp/model.h"

/* A resource or a scope, kept while something holds it. */
struct shared {
	struct shared *next; /* of the same hash bucket */
	size_t refs;
	uint64_t hash;
	struct lt_slice message; /* Resource or InstrumentationScope, encoded */
	struct lt_slice schema_url;
	/* Of a resource: service.name, or Jaeger's word for having none. */
	struct lt_slice service;
	bool is_scope;
	size_t mark; /* free for whoever writes an answer, while it is written */
	char data[];
};

struct shared_table {
	struct shared **buckets;
	size_t n_buckets; /* a power of two */
	uint64_t seed;
	size_t *bytes; /* borrowed: what entries take is added to and subtracted from it */
};

/**
 * The entry with that content, made if there is none.
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

/** Gives a hold back; the last one frees the entry.  NULL is fine. */
void shared_release(struct shared_table *table, struct shared *shared);

/** A hash that others cannot steer without knowing seed; its upper bits are the better ones. */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t n);

/** What a block from malloc() takes, with the allocator's own word. */
size_t memory_of(void *block);

#endif
