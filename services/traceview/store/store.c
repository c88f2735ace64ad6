/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - the newest traces, in bounded memory. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Bytes of a trace with its table and a span without attributes, as the allocator counts them. */
#define TRACE_BYTES_MIN ((size_t)400)

#define BUCKETS_MIN ((size_t)1024)
#define BUCKETS_MAX ((size_t)1 << 24)

struct store {
	struct store_options limits;
	struct store_stats stats;
	struct trace **buckets; /* by trace id; as many as shared.n_buckets */
	struct shared_table shared;
	struct trace *newest, *oldest;
};

struct staged {
	uint8_t trace_id[16];
	struct record *record;
};

struct store_batch {
	struct store *store;
	struct shared *resource, *scope; /* of the spans that follow */
	struct staged *items;
	size_t n, capacity;
	size_t bytes; /* of the records */
	struct store_result result;
};

/* --- the store ---------------------------------------------------------------------------- */

static size_t buckets_for(size_t max_traces)
{
	size_t n = BUCKETS_MIN;
	while (n < max_traces && n < BUCKETS_MAX)
		n *= 2;
	return n;
}

size_t store_bytes_needed(size_t max_traces)
{
	return sizeof(struct store) + buckets_for(max_traces) * 2 * sizeof(void *) +
	       max_traces * TRACE_BYTES_MIN;
}

int store_new(const struct store_options *options, struct store **ret_store)
{
	struct store *store = calloc(1, sizeof(*store));
	if (!store)
		return -ENOMEM;
	store->limits.max_traces =
		options->max_traces ? options->max_traces : STORE_MAX_TRACES_DEFAULT;
	store->limits.max_bytes = options->max_bytes ? options->max_bytes : STORE_MAX_BYTES_DEFAULT;
	if (store->limits.max_bytes < store_bytes_needed(store->limits.max_traces)) {
		free(store);
		return -EINVAL;
	}
	size_t n_buckets = buckets_for(store->limits.max_traces);
	store->shared.n_buckets = n_buckets;
	store->shared.bytes = &store->stats.bytes;
	store->buckets = calloc(n_buckets, sizeof(*store->buckets));
	store->shared.buckets = calloc(n_buckets, sizeof(*store->shared.buckets));
	if (!store->buckets || !store->shared.buckets ||
		getrandom(&store->shared.seed, sizeof(store->shared.seed), 0) < 0) {
		store_free(store);
		return -ENOMEM;
	}
	store->stats.bytes =
		memory_of(store) + memory_of(store->buckets) + memory_of(store->shared.buckets);
	*ret_store = store;
	return 0;
}

static struct trace **bucket_of(const struct store *store, const uint8_t id[16])
{
	uint64_t hash = hash_bytes(store->shared.seed, id, 16);
	return &store->buckets[(hash >> 32) & (store->shared.n_buckets - 1)];
}

static void free_record(struct store *store, struct record *record)
{
	shared_release(&store->shared, record->resource);
	shared_release(&store->shared, record->scope);
	free(record);
}

static void unlink_trace(struct store *store, struct trace *trace)
{
	*(trace->newer ? &trace->newer->older : &store->newest) = trace->older;
	*(trace->older ? &trace->older->newer : &store->oldest) = trace->newer;
}

static void link_newest(struct store *store, struct trace *trace)
{
	trace->newer = NULL;
	trace->older = store->newest;
	*(store->newest ? &store->newest->newer : &store->oldest) = trace;
	store->newest = trace;
}

static void remove_trace(struct store *store, struct trace *trace)
{
	struct trace **link = bucket_of(store, trace->id);
	while (*link != trace)
		link = &(*link)->next;
	*link = trace->next;
	unlink_trace(store, trace);
	store->stats.n_traces--;
	store->stats.n_spans -= trace->n_spans;
	store->stats.bytes -= trace->bytes;
	for (size_t i = 0; i < trace->n_slots; i++) {
		if (trace->slots[i])
			free_record(store, trace->slots[i]);
	}
	trace_free(trace);
}

void store_free(struct store *store)
{
	if (!store)
		return;
	while (store->oldest)
		remove_trace(store, store->oldest);
	free(store->buckets);
	free(store->shared.buckets);
	free(store);
}

struct store_stats store_stats(const struct store *store)
{
	return store->stats;
}

struct store_options store_limits(const struct store *store)
{
	return store->limits;
}

struct trace *store_newest(const struct store *store)
{
	return store->newest;
}

struct trace *store_find(const struct store *store, const uint8_t id[16])
{
	struct trace *trace = *bucket_of(store, id);
	while (trace && memcmp(trace->id, id, sizeof(trace->id)) != 0)
		trace = trace->next;
	return trace;
}

int store_each_resource(const struct store *store,
	int (*callback)(void *user, const struct shared *resource), void *user)
{
	int result = 0;
	for (size_t i = 0; i < store->shared.n_buckets && !result; i++) {
		for (struct shared *s = store->shared.buckets[i]; s && !result; s = s->next)
			result = s->is_scope ? 0 : callback(user, s);
	}
	return result;
}

/* --- batches ------------------------------------------------------------------------------ */

int store_batch_new(struct store *store, struct store_batch **ret_batch)
{
	struct store_batch *batch = calloc(1, sizeof(*batch));
	if (!batch)
		return -ENOMEM;
	batch->store = store;
	*ret_batch = batch;
	return 0;
}

void store_batch_free(struct store_batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; i < batch->n; i++) {
		if (batch->items[i].record)
			free_record(batch->store, batch->items[i].record);
	}
	shared_release(&batch->store->shared, batch->resource);
	shared_release(&batch->store->shared, batch->scope);
	free(batch->items);
	free(batch);
}

static int replace_shared(struct store_batch *batch, struct shared **to, bool is_scope,
	struct lt_slice message, struct lt_slice schema_url)
{
	struct shared *shared;
	int err = shared_get(&batch->store->shared, is_scope, message, schema_url, &shared);
	if (!err) {
		shared_release(&batch->store->shared, *to);
		*to = shared;
	}
	return err;
}

int store_batch_resource(
	struct store_batch *batch, struct lt_slice message, struct lt_slice schema_url)
{
	return replace_shared(batch, &batch->resource, false, message, schema_url);
}

int store_batch_scope(
	struct store_batch *batch, struct lt_slice message, struct lt_slice schema_url)
{
	return replace_shared(batch, &batch->scope, true, message, schema_url);
}

void store_batch_reject(struct store_batch *batch, size_t n, const char *why)
{
	batch->store->stats.n_rejected += n;
	batch->result.n_rejected += n;
	snprintf(batch->result.why, sizeof(batch->result.why), "%s", why);
}

static struct record *new_record(
	struct store_batch *batch, struct lt_slice message, const struct span *span)
{
	struct record *record = malloc(sizeof(*record) + message.len);
	if (!record)
		return NULL;
	*record = (struct record){.resource = shared_hold(batch->resource),
		.scope = shared_hold(batch->scope),
		.start_ns = span->start_ns,
		.end_ns = span->end_ns > span->start_ns ? span->end_ns : span->start_ns,
		.kind = span->kind,
		.status = span->status,
		.len = message.len};
	memcpy(record->span_id, span->span_id, sizeof(record->span_id));
	memcpy(record->parent_id, span->parent_id, sizeof(record->parent_id));
	memcpy(record->data, message.ptr, message.len);
	if (span->name.len) {
		record->name = (struct lt_slice){
			record->data + (span->name.ptr - message.ptr), span->name.len};
	}
	return record;
}

int store_batch_span(struct store_batch *batch, struct lt_slice message, const struct span *span)
{
	if (!span->ids_well_formed || id_is_zero(span->trace_id, 16) ||
		id_is_zero(span->span_id, 8)) {
		store_batch_reject(batch, 1, "a span has an invalid id");
		return 0;
	}
	if (batch->n == batch->capacity) {
		size_t capacity = batch->capacity ? batch->capacity * 2 : 64;
		struct staged *items = realloc(batch->items, capacity * sizeof(*items));
		if (!items)
			return -ENOMEM;
		batch->items = items;
		batch->capacity = capacity;
	}
	struct record *record = new_record(batch, message, span);
	if (!record)
		return -ENOMEM;
	struct staged *staged = &batch->items[batch->n++];
	memcpy(staged->trace_id, span->trace_id, sizeof(staged->trace_id));
	staged->record = record;
	batch->bytes += memory_of(record);
	return batch->bytes > batch->store->limits.max_bytes ? -EMSGSIZE : 0;
}

static struct trace *find_or_add_trace(struct store *store, const uint8_t id[16])
{
	struct trace *trace = store_find(store, id);
	if (trace)
		return trace;
	trace = trace_new(id);
	if (!trace)
		return NULL;
	struct trace **bucket = bucket_of(store, id);
	trace->next = *bucket;
	*bucket = trace;
	link_newest(store, trace);
	store->stats.n_traces++;
	store->stats.bytes += trace->bytes;
	return trace;
}

static void evict(struct store *store)
{
	while (store->oldest != store->newest &&
		(store->stats.n_traces > store->limits.max_traces ||
			store->stats.bytes > store->limits.max_bytes)) {
		store->stats.n_evicted_traces++;
		store->stats.n_evicted_spans += store->oldest->n_spans;
		remove_trace(store, store->oldest);
	}
}

static void commit_span(struct store_batch *batch, struct staged *staged)
{
	struct store *store = batch->store;
	struct trace *trace = find_or_add_trace(store, staged->trace_id);
	if (!trace) {
		store_batch_reject(batch, 1, "out of memory");
		return;
	}
	size_t before = trace->bytes;
	const char *why;
	enum trace_added added =
		trace_add(trace, staged->record, store->limits.max_bytes / 4, &why);
	store->stats.bytes += trace->bytes - before;
	if (added == TRACE_REJECTED) {
		store_batch_reject(batch, 1, why);
	} else {
		store->stats.n_received++;
		store->stats.n_repeated += added == TRACE_HAS_IT;
		unlink_trace(store, trace);
		link_newest(store, trace);
	}
	if (added == TRACE_ADDED) {
		staged->record = NULL; /* owned by the trace; all others are freed with the batch */
		store->stats.n_spans++;
	}
	if (!trace->n_spans)
		remove_trace(store, trace);
	evict(store);
}

struct store_result store_commit(struct store_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		commit_span(batch, &batch->items[i]);
	struct store_result result = batch->result;
	store_batch_free(batch);
	return result;
}
