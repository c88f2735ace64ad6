/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the newest traces, in bounded memory.
 *
 * A trace collects the spans with its id, from any request and service, in any order. A store over
 * its limits evicts whole traces, the least recently changed first. A span is stored as its
 * protobuf message, in one block with the fields that searches use; resources and scopes are stored
 * once and shared.
 *
 * One thread.  Traces and records are borrowed from the store until its next store_commit.
 */
#ifndef TRACEVIEW_STORE_H
#define TRACEVIEW_STORE_H

#include "otlp/otlp.h"
#include "store/trace.h"

#define STORE_MAX_TRACES_DEFAULT 10000
#define STORE_MAX_BYTES_DEFAULT ((size_t)64 * 1024 * 1024)

struct store;

struct store_options { /* 0: the default */
	size_t max_traces;
	size_t max_bytes; /* of memory, as the allocator counts it, with its own overhead */
};

/**
 * Memory that a store takes at least when it is full: of so many traces of a span each.  Options
 * with fewer bytes could never keep that many.
 */
size_t store_bytes_needed(size_t max_traces);

struct store_stats {
	uint64_t n_received; /* spans stored, or already there */
	uint64_t n_repeated; /* of these, those already there */
	uint64_t n_rejected; /* spans not stored */
	uint64_t n_evicted_traces, n_evicted_spans;
	size_t n_traces, n_spans, bytes; /* current */
};

/**
 * @param ret_store  new, for store_free
 * @return 0; -EINVAL when max_bytes are fewer than max_traces need; -ENOMEM
 */
LT_CHECKED int store_new(const struct store_options *options, struct store **ret_store);
void store_free(struct store *store); /* NULL is fine */

struct store_stats store_stats(const struct store *store);
struct store_options store_limits(const struct store *store);

/* --- adding spans, a request at a time ---------------------------------------------------- */

struct store_batch; /* decoded spans that are not in the store yet */

struct store_result {
	size_t n_rejected;
	char why[OTLP_WHY_BYTES]; /* of the last one; "" for none */
};

LT_CHECKED int store_batch_new(struct store *store, struct store_batch **ret_batch);

/** Discards a batch; NULL is fine. */
void store_batch_free(struct store_batch *batch);

/* The resource and the scope of the spans that follow; copied.  Return as shared_get(). */
LT_CHECKED int store_batch_resource(
	struct store_batch *batch, struct lt_slice message, struct lt_slice schema_url);
LT_CHECKED int store_batch_scope(
	struct store_batch *batch, struct lt_slice message, struct lt_slice schema_url);

/**
 * Adds a span. One with an invalid id is rejected, which store_commit() reports; that is no error.
 * @param message  the Span, encoded; copied
 * @param span     message decoded, its strings pointing into message
 * @return 0, -ENOMEM, or -EMSGSIZE when the batch exceeds the limit of the store
 */
LT_CHECKED int store_batch_span(
	struct store_batch *batch, struct lt_slice message, const struct span *span);

/** Counts n spans as rejected. why is copied, cut to OTLP_WHY_BYTES. */
void store_batch_reject(struct store_batch *batch, size_t n, const char *why);

/** Moves a batch into the store and evicts what is over the limits.  Takes batch. */
struct store_result store_commit(struct store_batch *batch);

/* --- reading ------------------------------------------------------------------------------ */

/** The trace, or NULL; borrowed. */
struct trace *store_find(const struct store *store, const uint8_t id[16]);

/** The trace that changed last, or NULL; borrowed. ->older is the one before it. */
struct trace *store_newest(const struct store *store);

/** Calls back for every resource, in no order, until callback returns non-zero; returns that. */
int store_each_resource(const struct store *store,
	int (*callback)(void *user, const struct shared *resource), void *user);

#endif
