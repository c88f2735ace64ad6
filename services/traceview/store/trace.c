/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - the spans of one trace. */
#include "store/trace.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_MIN 8

struct trace *trace_new(const uint8_t id[16])
{
	struct trace *trace = calloc(1, sizeof(*trace));
	if (trace) {
		memcpy(trace->id, id, sizeof(trace->id));
		trace->bytes = memory_of(trace);
	}
	return trace;
}

void trace_free(struct trace *trace)
{
	free(trace->slots);
	free(trace);
}

static size_t first_slot(const struct trace *trace, const uint8_t span_id[8])
{
	uint64_t hash = hash_bytes((uint64_t)(uintptr_t)trace, span_id, 8);
	return (hash >> 32) & (trace->n_slots - 1);
}

static size_t next_slot(const struct trace *trace, size_t slot)
{
	return (slot + 1) & (trace->n_slots - 1);
}

struct record *trace_find_span(const struct trace *trace, const uint8_t span_id[8])
{
	size_t slot = first_slot(trace, span_id);
	while (trace->slots[slot] && memcmp(trace->slots[slot]->span_id, span_id, 8) != 0)
		slot = next_slot(trace, slot);
	return trace->slots[slot];
}

/* Makes room for one more span. */
static int grow_slots(struct trace *trace)
{
	if ((trace->n_spans + 1) * 4 <= trace->n_slots * 3)
		return 0;
	struct trace old = *trace;
	trace->n_slots = old.n_slots ? old.n_slots * 2 : SLOTS_MIN;
	trace->slots = calloc(trace->n_slots, sizeof(*trace->slots));
	if (!trace->slots) {
		trace->slots = old.slots;
		trace->n_slots = old.n_slots;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old.n_slots; i++) {
		if (old.slots[i]) {
			size_t slot = first_slot(trace, old.slots[i]->span_id);
			while (trace->slots[slot])
				slot = next_slot(trace, slot);
			trace->slots[slot] = old.slots[i];
		}
	}
	trace->bytes += memory_of(trace->slots) - (old.slots ? memory_of(old.slots) : 0);
	free(old.slots);
	return 0;
}

static bool is_same_span(const struct record *a, const struct record *b)
{
	return a->resource == b->resource && a->scope == b->scope && a->len == b->len &&
	       memcmp(a->data, b->data, a->len) == 0;
}

enum trace_added trace_add(
	struct trace *trace, struct record *record, size_t max_bytes, const char **ret_why)
{
	size_t bytes = memory_of(record), n_same_id = 0;
	*ret_why = "out of memory";
	if (grow_slots(trace))
		return TRACE_REJECTED;
	size_t slot = first_slot(trace, record->span_id);
	const struct record *there;
	while ((there = trace->slots[slot])) {
		if (memcmp(there->span_id, record->span_id, sizeof(record->span_id)) == 0) {
			if (is_same_span(there, record))
				return TRACE_HAS_IT;
			n_same_id++;
		}
		slot = next_slot(trace, slot);
	}
	*ret_why = trace->bytes + bytes > max_bytes
			   ? "a trace takes more than a quarter of TRACEVIEW_MAX_BYTES"
		   : n_same_id >= TRACE_SAME_ID_MAX    ? "too many spans of a trace share an id"
		   : trace->n_spans >= TRACE_SPANS_MAX ? "a trace has too many spans"
						       : NULL;
	if (*ret_why)
		return TRACE_REJECTED;
	trace->slots[slot] = record;
	trace->bytes += bytes;
	trace->n_errors += record->status == STATUS_ERROR;
	trace->n_spans++;
	if (trace->n_spans == 1 || record->start_ns < trace->start_ns)
		trace->start_ns = record->start_ns;
	if (record->end_ns > trace->end_ns)
		trace->end_ns = record->end_ns;
	return TRACE_ADDED;
}

static int by_start(const void *a, const void *b)
{
	const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	if (x->end_ns != y->end_ns)
		return x->end_ns > y->end_ns ? -1 : 1;
	int order = memcmp(x->span_id, y->span_id, sizeof(x->span_id));
	if (order || x->kind == y->kind)
		return order;
	return x->kind == KIND_CLIENT	? -1
	       : y->kind == KIND_CLIENT ? 1
					: (x->kind > y->kind) - (x->kind < y->kind);
}

void trace_sorted(const struct trace *trace, struct record **ret_records)
{
	size_t n = 0;
	for (size_t i = 0; i < trace->n_slots; i++) {
		if (trace->slots[i])
			ret_records[n++] = trace->slots[i];
	}
	qsort(ret_records, n, sizeof(*ret_records), by_start);
}

void records_clear_marks(struct record *const *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		records[i]->resource->mark = records[i]->scope->mark = 0;
}

int trace_latest_first(const void *a, const void *b)
{
	const struct trace *x = *(struct trace *const *)a, *y = *(struct trace *const *)b;
	if (x->start_ns != y->start_ns)
		return x->start_ns > y->start_ns ? -1 : 1;
	return memcmp(x->id, y->id, sizeof(x->id));
}
