/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c - the table of resources and scopes, with reference counts. */
#include "store/shared.h"
#include "otlp/otlp.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <malloc.h>
#include <stdlib.h>

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

/* What Jaeger calls the service of a resource without a usable service.name; NULL: it has one.
 * Source: internal/jptrace/sanitizer/emptyservicename.go of Jaeger */
static const char *placeholder_for(const struct value *name)
{
	return !name			    ? "missing-service-name"
	       : name->type != VALUE_STRING ? "service-name-wrong-type"
	       : !name->string.len	    ? "empty-service-name"
					    : NULL;
}

static int encode_with_service(
	struct resource *resource, const char *service, struct arena *arena, struct buffer *out)
{
	struct attr_list *attrs = &resource->attrs;
	struct value *name = (struct value *)attr_find(attrs, LT_SERVICE_NAME);
	if (!name) {
		struct attr *items = arena_alloc(arena, attrs->n + 1, sizeof(*items));
		if (!items)
			return arena->error;
		if (attrs->n)
			memcpy(items, attrs->items, attrs->n * sizeof(*items));
		attrs->items = items;
		items[attrs->n].key = lt_slice(LT_SERVICE_NAME);
		name = &items[attrs->n++].value;
	}
	*name = (struct value){.type = VALUE_STRING, .string = lt_slice(service)};
	otlp_encode_resource(out, resource);
	return out->failed ? -ENOMEM : 0;
}

/* Gives a resource without a usable service.name Jaeger's placeholder.
 * @param out  stays empty where the resource has one */
static int mend_service(struct lt_slice message, struct buffer *out)
{
	struct arena arena;
	struct resource resource;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	int err = otlp_decode_resource(message, &arena, &resource);
	if (!err) {
		const char *service = placeholder_for(attr_find(&resource.attrs, LT_SERVICE_NAME));
		if (service)
			err = encode_with_service(&resource, service, &arena, out);
	}
	arena_done(&arena);
	return err;
}

/* The service's name: a slice of message, which outlives the arena. */
static int find_service(struct lt_slice message, struct lt_slice *ret_service)
{
	struct arena arena;
	struct resource resource;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	int err = otlp_decode_resource(message, &arena, &resource);
	if (!err)
		*ret_service = attr_find(&resource.attrs, LT_SERVICE_NAME)->string;
	arena_done(&arena);
	return err;
}

static struct shared **bucket_of(const struct shared_table *table, uint64_t hash)
{
	return &table->buckets[(hash >> 32) & (table->n_buckets - 1)];
}

static struct lt_slice put(char **to, struct lt_slice bytes)
{
	struct lt_slice copy = {*to, bytes.len};
	if (bytes.len)
		memcpy(*to, bytes.ptr, bytes.len);
	*to += bytes.len;
	return copy;
}

/* @param mended  empty: the message is kept as it was received */
static int new_shared(struct lt_slice received, struct lt_slice mended, struct lt_slice schema_url,
	struct shared **ret_shared)
{
	struct shared *s = malloc(sizeof(*s) + received.len + mended.len + schema_url.len);
	if (!s)
		return -ENOMEM;
	char *to = s->data;
	*s = (struct shared){.refs = 1};
	s->received = put(&to, received);
	s->message = mended.len ? put(&to, mended) : s->received;
	s->schema_url = put(&to, schema_url);
	*ret_shared = s;
	return 0;
}

int shared_get(struct shared_table *table, bool is_scope, struct lt_slice message,
	struct lt_slice schema_url, struct shared **ret_shared)
{
	uint64_t hash = hash_bytes(table->seed + is_scope, message.ptr, message.len);
	hash = hash_bytes(hash, schema_url.ptr, schema_url.len);
	struct shared **bucket = bucket_of(table, hash);
	for (struct shared *s = *bucket; s; s = s->next) {
		if (s->hash == hash && s->is_scope == is_scope &&
			slice_equal(s->received, message) &&
			slice_equal(s->schema_url, schema_url)) {
			*ret_shared = shared_hold(s);
			return 0;
		}
	}
	struct buffer mended;
	struct shared *s = NULL;
	buffer_init(&mended, OTLP_ARENA_MAX_BYTES);
	int err = is_scope ? 0 : mend_service(message, &mended);
	if (!err)
		err = new_shared(message, buffer_slice(&mended), schema_url, &s);
	buffer_done(&mended);
	if (!err && !is_scope)
		err = find_service(s->message, &s->service);
	if (err) {
		free(s);
		return err;
	}
	s->hash = hash;
	s->is_scope = is_scope;
	s->next = *bucket;
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
