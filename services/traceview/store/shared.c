/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c - the table of resources and scopes, with reference counts. */
#include "store/shared.h"
#include "otlp/otlp.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <malloc.h>
#include <stdlib.h>

/* Jaeger's placeholder. Source: opentelemetry-collector-contrib,
 * internal/coreinternal/tracetranslator/constants.go */
#define NO_SERVICE_NAME "OTLPResourceNoServiceName"

uint64_t hash_bytes(uint64_t seed, const void *data, size_t n)
{
	const unsigned char *bytes = data;
	uint64_t hash = seed ^ n;
	while (n) {
		uint64_t word = 0;
		size_t step = n < sizeof(word) ? n : sizeof(word);
		memcpy(&word, bytes, step);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
		hash ^= hash >> 32;
		bytes += step;
		n -= step;
	}
	return hash * 0x9e3779b97f4a7c15u;
}

size_t memory_of(void *block)
{
	return malloc_usable_size(block) + sizeof(size_t);
}

/* The service's name: a slice of message, which outlives the arena. */
static int find_service(struct lt_slice message, struct lt_slice *ret_service)
{
	struct arena arena;
	struct resource resource;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	int err = otlp_decode_resource(message, &arena, &resource);
	if (!err) {
		const struct value *name = attr_find(&resource.attrs, LT_SERVICE_NAME);
		bool named = name && name->type == VALUE_STRING && name->string.len;
		*ret_service = named ? name->string : lt_slice(NO_SERVICE_NAME);
	}
	arena_done(&arena);
	return err;
}

static struct shared **bucket_of(const struct shared_table *table, uint64_t hash)
{
	return &table->buckets[(hash >> 32) & (table->n_buckets - 1)];
}

int shared_get(struct shared_table *table, bool is_scope, struct lt_slice message,
	struct lt_slice schema_url, struct shared **ret_shared)
{
	uint64_t hash = hash_bytes(table->seed + is_scope, message.ptr, message.len);
	hash = hash_bytes(hash, schema_url.ptr, schema_url.len);
	struct shared **bucket = bucket_of(table, hash);
	for (struct shared *s = *bucket; s; s = s->next) {
		if (s->hash == hash && s->is_scope == is_scope &&
			slice_equal(s->message, message) &&
			slice_equal(s->schema_url, schema_url)) {
			*ret_shared = shared_hold(s);
			return 0;
		}
	}
	struct shared *s = malloc(sizeof(*s) + message.len + schema_url.len);
	if (!s)
		return -ENOMEM;
	*s = (struct shared){.next = *bucket,
		.refs = 1,
		.hash = hash,
		.message = {s->data, message.len},
		.schema_url = {s->data + message.len, schema_url.len},
		.is_scope = is_scope};
	if (message.len)
		memcpy(s->data, message.ptr, message.len);
	if (schema_url.len)
		memcpy(s->data + message.len, schema_url.ptr, schema_url.len);
	int err = is_scope ? 0 : find_service(s->message, &s->service);
	if (err) {
		free(s);
		return err;
	}
	*bucket = s;
	*table->bytes += memory_of(s);
	*ret_shared = s;
	return 0;
}

void shared_release(struct shared_table *table, struct shared *shared)
{
	if (!shared || --shared->refs)
		return;
	struct shared **link = bucket_of(table, shared->hash);
	while (*link != shared)
		link = &(*link)->next;
	*link = shared->next;
	*table->bytes -= memory_of(shared);
	free(shared);
}
