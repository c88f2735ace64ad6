/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - the spans of one trace: each is its encoded message, in one block with the fields that
 * searches use. */
#ifndef TRACEVIEW_TRACE_H
#define TRACEVIEW_TRACE_H

#include "store/shared.h"

/* More spans of one trace are rejected, and so are spans that take it over a quarter of the store's
 * bytes: an endless trace must not evict all others. */
#define TRACE_SPANS_MAX 20000

/* Different spans of one trace that share an id: two are Zipkin's convention (client and server
 * share an id), more are a fault of the sender, and beyond this limit they are rejected. */
#define TRACE_SAME_ID_MAX 8

struct record {
	struct shared *resource, *scope;
	uint64_t start_ns, end_ns; /* end is never before start */
	uint8_t span_id[8];
	uint8_t parent_id[8]; /* all zero: none */
	struct lt_slice name; /* inside data */
	uint32_t kind;
	uint32_t status; /* enum span_status */
	size_t len;	 /* of data */
	char data[];	 /* the Span, encoded */
};

struct trace {
	uint8_t id[16];
	struct trace *newer, *older; /* by the arrival of their last span */
	struct trace *next;	     /* of the same hash bucket */
	/* A hash table by span id; NULL slots are free. At least a quarter is. */
	struct record **slots;
	size_t n_slots; /* a power of two */
	size_t n_spans, n_errors;
	size_t bytes;		   /* memory it takes */
	uint64_t start_ns, end_ns; /* of its earliest and its latest span */
};

struct trace *trace_new(const uint8_t id[16]); /* NULL: out of memory */

/** Frees the trace, but not its records. */
void trace_free(struct trace *trace);

enum trace_added {
	TRACE_ADDED,	/* takes the record; otherwise it stays the caller's */
	TRACE_HAS_IT,	/* the sender repeated the span */
	TRACE_REJECTED, /* see ret_why */
};

/**
 * Adds a span. A record is a repetition only if its resource, scope and bytes equal those of a
 * stored one: different spans with the same id are both kept.
 * @param max_bytes  limit of the trace's memory
 * @param ret_why    static text; set only when rejected
 */
enum trace_added trace_add(
	struct trace *trace, struct record *record, size_t max_bytes, const char **ret_why);

/** A span of that id, or NULL; borrowed.  Of several, any. */
struct record *trace_find_span(const struct trace *trace, const uint8_t span_id[8]);

/**
 * The spans, sorted by start, then by end (longest first), then by id; of spans equal in all that,
 * the CLIENT span comes first.
 * @param ret_records  room for trace->n_spans of them
 */
void trace_sorted(const struct trace *trace, struct record **ret_records);

/** For qsort() of struct trace pointers: the latest start first, then by id. */
int trace_latest_first(const void *a, const void *b);

/** Clears the marks of these records' resources and scopes. */
void records_clear_marks(struct record *const *records, size_t n);

#endif
