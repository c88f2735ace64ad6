/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - the spans of one trace, each as the message it came as, in one block of memory with
 * what searches look at beside it. */
#ifndef TRACEVIEW_TRACE_H
#define TRACEVIEW_TRACE_H

#include "store/shared.h"

/* More spans of one trace are rejected, and so is what would take it over a quarter of the
 * store's bytes: one endless trace must not drive out all others. */
#define TRACE_SPANS_MAX 20000

/* Different spans of one trace that share an id: two are Zipkin's way (client and server share it),
 * more are an error, and beyond this they are rejected. */
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
	struct trace *newer, *older; /* by the last span's arrival */
	struct trace *next;	     /* of the same hash bucket */
	/* A hash table by span id; NULL slots are free.  At least a quarter of them is. */
	struct record **slots;
	size_t n_slots; /* a power of two */
	size_t n_spans, n_errors;
	size_t bytes;		   /* memory it takes */
	uint64_t start_ns, end_ns; /* of its earliest and its latest span */
};

struct trace *trace_new(const uint8_t id[16]); /* NULL without memory */

/** Frees the trace, but not its records. */
void trace_free(struct trace *trace);

enum trace_added {
	TRACE_ADDED,	/* takes the record; in the other cases it stays the caller's */
	TRACE_HAS_IT,	/* the same span is there: its sender tried again */
	TRACE_REJECTED, /* see ret_why */
};

/**
 * Adds a span.  Only a record with the same resource, scope and bytes as one that is there is the
 * same span: two different ones with one id are both kept.
 * @param max_bytes  that the trace may take
 * @param ret_why    why it is rejected, static text; only then
 */
enum trace_added trace_add(
	struct trace *trace, struct record *record, size_t max_bytes, const char **ret_why);

/** A span of that id, or NULL; borrowed.  Of several, any. */
struct record *trace_find_span(const struct trace *trace, const uint8_t span_id[8]);

/**
 * The spans, sorted by start, then by end (longest first), then by id; of two that share all that,
 * the client's before the server's.
 * @param ret_records  room for trace->n_spans of them
 */
void trace_sorted(const struct trace *trace, struct record **ret_records);

/** Sets the marks of all resources and scopes that these records name to 0. */
void records_clear_marks(struct record *const *records, size_t n);

#endif
