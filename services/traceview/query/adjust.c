/* SPDX-License-Identifier: Apache-2.0 */
/* adjust.c - the adjustments that Jaeger makes to a trace in its answers.
 *
 * No recursion: a chain of spans may be as long as the trace.
 */
#include "query/adjust.h"

#include "otlp/otlp.h"
#include "query/reference.h"

#include <errno.h>
#include <stdlib.h>

#define NONE SIZE_MAX

/* Whether a span descends from a root: a span without a parent, or whose parent is missing. */
enum reach { REACH_UNKNOWN = 0, REACH_ROOT, REACH_CIRCLE, REACH_BEING_LOOKED_FOR };

struct adjuster {
	struct adjusted *list;
	size_t *by_id;	      /* numbers of the list, sorted by span_id, then by number */
	size_t *parents;      /* of each span; NONE: a root, or a duplicate */
	unsigned char *reach; /* enum reach of each span */
	size_t n;
};

static int compare_id(const void *a, const void *b, void *user)
{
	const struct adjusted *list = user;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int order = memcmp(list[i].span_id, list[j].span_id, 8);
	return order ? order : (i > j) - (i < j);
}

static void sort_ids(struct adjuster *a)
{
	for (size_t i = 0; i < a->n; i++)
		a->by_id[i] = i;
	qsort_r(a->by_id, a->n, sizeof(*a->by_id), compare_id, a->list);
}

/* The first place in by_id whose span has this id or a greater one. */
static size_t lower_bound(const struct adjuster *a, const uint8_t id[8])
{
	size_t low = 0, high = a->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(a->list[a->by_id[middle]].span_id, id, 8) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The span at this place of by_id if it has this id, or NONE. */
static size_t at(const struct adjuster *a, size_t place, const uint8_t id[8])
{
	bool is_there = place < a->n && memcmp(a->list[a->by_id[place]].span_id, id, 8) == 0;
	return is_there ? a->by_id[place] : NONE;
}

static size_t find(const struct adjuster *a, const uint8_t id[8])
{
	return at(a, lower_bound(a, id), id);
}

/* --- spans that share an id --------------------------------------------------------------- */

static bool client_shares_id(const struct adjuster *a, const struct adjusted *span)
{
	size_t i;
	for (size_t place = lower_bound(a, span->span_id);
		(i = at(a, place, span->span_id)) != NONE; place++) {
		if (a->list[i].record->kind == KIND_CLIENT)
			return true;
	}
	return false;
}

static void increment(uint8_t id[8])
{
	for (int i = 7; i >= 0 && ++id[i] == 0; i--)
		continue;
}

/* The new id of the last server span with that id; NULL when there is none. */
static const uint8_t *new_id_of(
	const struct adjuster *a, const uint8_t (*new_ids)[8], const uint8_t old_id[8])
{
	const uint8_t *found = NULL;
	size_t i;
	for (size_t place = lower_bound(a, old_id); (i = at(a, place, old_id)) != NONE; place++) {
		if (a->list[i].is_renamed)
			found = new_ids[i];
	}
	return found;
}

/* Gives server spans ids of their own. by_id keeps the order of the old ids. */
static int rename_servers(struct adjuster *a)
{
	uint8_t last[8] = {0};
	uint8_t(*new_ids)[8] = calloc(a->n, sizeof(*new_ids));
	if (!new_ids)
		return -ENOMEM;
	for (size_t i = 0; i < a->n; i++) {
		struct adjusted *span = &a->list[i];
		if (span->record->kind != KIND_SERVER || !client_shares_id(a, span))
			continue;
		do
			increment(last);
		while (find(a, last) != NONE);
		memcpy(new_ids[i], last, 8);
		memcpy(span->parent_id, span->span_id, 8);
		span->is_renamed = true;
	}
	for (size_t i = 0; i < a->n; i++) {
		const uint8_t *id = new_id_of(a, new_ids, a->list[i].parent_id);
		if (id && memcmp(a->list[i].is_renamed ? new_ids[i] : a->list[i].span_id, id, 8))
			memcpy(a->list[i].parent_id, id, 8);
	}
	for (size_t i = 0; i < a->n; i++) {
		if (a->list[i].is_renamed)
			memcpy(a->list[i].span_id, new_ids[i], 8);
	}
	free(new_ids);
	sort_ids(a);
	return 0;
}

/* --- parents and clocks ------------------------------------------------------------------- */

static void find_parents(struct adjuster *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct adjusted *span = &a->list[i];
		span->is_duplicate = find(a, span->span_id) != i;
		a->parents[i] = NONE;
		if (span->is_duplicate || id_is_zero(span->parent_id, 8))
			continue;
		a->parents[i] = find(a, span->parent_id);
		span->parent_missing = a->parents[i] == NONE;
	}
}

/* Follows the parents up to a span with a known result and records it for all spans in between. */
static void look_for_root(struct adjuster *a, size_t from)
{
	size_t top = from;
	while (a->reach[top] == REACH_UNKNOWN) {
		a->reach[top] = REACH_BEING_LOOKED_FOR;
		if (a->parents[top] == NONE)
			break;
		top = a->parents[top];
	}
	enum reach found = a->parents[top] == NONE		     ? REACH_ROOT
			   : a->reach[top] == REACH_BEING_LOOKED_FOR ? REACH_CIRCLE
								     : (enum reach)a->reach[top];
	for (size_t i = from; i != NONE && a->reach[i] == REACH_BEING_LOOKED_FOR; i = a->parents[i])
		a->reach[i] = (unsigned char)found;
}

/* How far a child's clock is behind its parent's. */
static int64_t skew_of(const struct record *child, const struct record *parent)
{
	uint64_t child_ns = adjusted_duration_ns(child), parent_ns = adjusted_duration_ns(parent);
	uint64_t child_end_ns = child->start_ns + child_ns;
	uint64_t parent_end_ns = parent->start_ns + parent_ns;
	bool starts_before = child->start_ns < parent->start_ns;
	if (child_ns > parent_ns) /* asynchronous or abandoned */
		return starts_before ? (int64_t)(parent->start_ns - child->start_ns) : 0;
	if (!starts_before && child_end_ns <= parent_end_ns)
		return 0;
	return (int64_t)(parent->start_ns + (parent_ns - child_ns) / 2 - child->start_ns);
}

static void find_skews(struct adjuster *a)
{
	for (size_t i = 0; i < a->n; i++)
		look_for_root(a, i);
	for (size_t i = 0; i < a->n; i++) {
		if (a->parents[i] != NONE && a->reach[i] == REACH_ROOT)
			a->list[i].skew_ns =
				skew_of(a->list[i].record, a->list[a->parents[i]].record);
	}
}

/* --- a trace ------------------------------------------------------------------------------ */

static int fill(struct adjuster *a, const struct trace *trace, struct record **records)
{
	struct arena arena;
	int err = 0;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	trace_sorted(trace, records);
	for (size_t i = 0; i < a->n && !err; i++) {
		struct span span;
		struct lt_slice message = {records[i]->data, records[i]->len};
		a->list[i].record = records[i];
		memcpy(a->list[i].span_id, records[i]->span_id, 8);
		arena_reset(&arena);
		err = otlp_decode_span(message, &arena, &span);
		if (!err)
			reference_parent(&span, a->list[i].parent_id);
	}
	arena_done(&arena);
	return err ? -ENOMEM : 0; /* intake decoded it, so it is not malformed */
}

static int adjust(struct adjuster *a)
{
	sort_ids(a);
	int err = rename_servers(a);
	if (err)
		return err;
	find_parents(a);
	find_skews(a);
	return 0;
}

int adjust_trace(const struct trace *trace, bool raw, struct adjusted **ret_list)
{
	struct adjuster a = {.n = trace->n_spans};
	struct record **records = calloc(a.n, sizeof(struct record *));
	a.list = calloc(a.n, sizeof(*a.list));
	a.by_id = calloc(a.n, sizeof(*a.by_id));
	a.parents = calloc(a.n, sizeof(*a.parents));
	a.reach = calloc(a.n, sizeof(*a.reach));
	int err = -ENOMEM;
	if (records && a.list && a.by_id && a.parents && a.reach) {
		err = fill(&a, trace, records);
		if (!err && !raw)
			err = adjust(&a);
	}
	free(records);
	free(a.by_id);
	free(a.parents);
	free(a.reach);
	if (err)
		free(a.list);
	else
		*ret_list = a.list;
	return err;
}
