/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - the spans of one trace. */
#include "trace.h"

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
	while (trace->slots[slot] && memcmp(trace->slots[slot]->span_id, span_id, 8) != 0) {
		slot = next_slot(trace, slot);
	}
	return trace->slots[slot];
}

/* Makes room for one more span. */
static int grow_slots(struct trace *trace)
{
	if ((trace->n_spans + 1) * 4 <= trace->n_slots * 3) {
		return 0;
	}
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
			while (trace->slots[slot]) {
				slot = next_slot(trace, slot);
			}
			trace->slots[slot] = old.slots[i];
		}
	}
	trace->bytes += memory_of(trace->slots) - (old.slots ? memory_of(old.slots) : 0);
	free(old.slots);
	return 0;
}

static void measure_time(struct trace *trace)
{
	trace->start_ns = UINT64_MAX;
	trace->end_ns = 0;
	for (size_t i = 0; i < trace->n_slots; i++) {
		const struct record *record = trace->slots[i];
		if (record && record->start_ns < trace->start_ns) {
			trace->start_ns = record->start_ns;
		}
		if (record && record->end_ns > trace->end_ns) {
			trace->end_ns = record->end_ns;
		}
	}
}

const char *trace_add(
	struct trace *trace, struct record *record, size_t max_bytes, struct record **ret_replaced)
{
	size_t bytes = memory_of(record), n_same = 0;
	if (trace->bytes + bytes > max_bytes) {
		return "a trace takes more than a quarter of TRACEVIEW_MAX_BYTES";
	}
	if (grow_slots(trace)) {
		return "out of memory";
	}
	size_t slot = first_slot(trace, record->span_id);
	struct record *there;
	while ((there = trace->slots[slot])) {
		if (memcmp(there->span_id, record->span_id, sizeof(record->span_id)) == 0) {
			if (there->start_ns == record->start_ns) {
				break;
			}
			n_same++;
		}
		slot = next_slot(trace, slot);
	}
	if (!there && (trace->n_spans >= TRACE_SPANS_MAX || n_same >= TRACE_SAME_ID_MAX)) {
		return n_same >= TRACE_SAME_ID_MAX ? "too many spans of a trace share an id"
						   : "a trace has too many spans";
	}
	trace->slots[slot] = record;
	trace->bytes += bytes;
	trace->n_errors += record->status == STATUS_ERROR;
	*ret_replaced = there;
	if (there) {
		trace->bytes -= memory_of(there);
		trace->n_errors -= there->status == STATUS_ERROR;
		measure_time(trace);
		return NULL;
	}
	trace->n_spans++;
	if (trace->n_spans == 1 || record->start_ns < trace->start_ns) {
		trace->start_ns = record->start_ns;
	}
	if (record->end_ns > trace->end_ns) {
		trace->end_ns = record->end_ns;
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
	if (x->start_ns != y->start_ns) {
		return x->start_ns < y->start_ns ? -1 : 1;
	}
	if (x->end_ns != y->end_ns) {
		return x->end_ns > y->end_ns ? -1 : 1;
	}
	return memcmp(x->span_id, y->span_id, sizeof(x->span_id));
}

void trace_sorted(const struct trace *trace, struct record **ret_records)
{
	size_t n = 0;
	for (size_t i = 0; i < trace->n_slots; i++) {
		if (trace->slots[i]) {
			ret_records[n++] = trace->slots[i];
		}
	}
	qsort(ret_records, n, sizeof(*ret_records), by_start);
}

void records_clear_marks(struct record *const *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		records[i]->resource->mark = records[i]->scope->mark = 0;
	}
}
