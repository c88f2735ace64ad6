/* SPDX-License-Identifier: Apache-2.0 */
/* search.c - searches the store.
 *
 * A search scans all traces, which takes a few milliseconds for a full store. Only tags require
 * decoded spans: they are compared last, trace by trace, until the limit is reached.
 */
#include "store/search.h"

#include "otlp/otlp.h"
#include "otlp/value_text.h"

#include <errno.h>
#include <stdlib.h>

#define VALUE_MAX_BYTES ((size_t)1024 * 1024) /* of a value compared with a tag */

struct matcher {
	const struct search *search;
	struct arena arena;
	struct buffer text;
};

static void matcher_init(struct matcher *m, const struct search *search)
{
	m->search = search;
	arena_init(&m->arena, OTLP_ARENA_MAX_BYTES);
	buffer_init(&m->text, VALUE_MAX_BYTES);
}

static void matcher_done(struct matcher *m)
{
	buffer_done(&m->text);
	arena_done(&m->arena);
}

static bool record_matches(const struct search *search, const struct record *record)
{
	uint64_t duration_ns = record->end_ns - record->start_ns;
	duration_ns += !duration_ns; /* Jaeger's shortest span takes 1 ns */
	return record->start_ns >= search->start_min_ns &&
	       record->start_ns <= search->start_max_ns && duration_ns >= search->duration_min_ns &&
	       duration_ns <= search->duration_max_ns &&
	       (!search->service.len || slice_equal(record->resource->service, search->service)) &&
	       (!search->operation.len || slice_equal(record->name, search->operation));
}

static bool list_has_tag(
	struct matcher *m, const struct attr_list *attrs, const struct search_tag *tag)
{
	for (size_t i = 0; i < attrs->n; i++) {
		if (!slice_equal(attrs->items[i].key, tag->key))
			continue;
		m->text.len = 0;
		m->text.failed = false;
		value_text(&m->text, &attrs->items[i].value);
		if (!m->text.failed && slice_equal(buffer_slice(&m->text), tag->value))
			return true;
	}
	return false;
}

static bool is_tag(const struct search_tag *tag, const char *key, const char *value)
{
	return slice_equal(tag->key, lt_slice(key)) && slice_equal(tag->value, lt_slice(value));
}

static bool span_has_tag(struct matcher *m, const struct span *span,
	const struct resource *resource, const struct search_tag *tag)
{
	if (is_tag(tag, "span.kind", span_kind_name(span->kind)) ||
		(span->status == STATUS_ERROR &&
			(is_tag(tag, "error", "true") ||
				is_tag(tag, "otel.status_code", "ERROR"))) ||
		(span->status == STATUS_OK && is_tag(tag, "otel.status_code", "OK")) ||
		list_has_tag(m, &span->attrs, tag) || list_has_tag(m, &resource->attrs, tag))
		return true;
	for (size_t i = 0; i < span->n_events; i++) {
		if (list_has_tag(m, &span->events[i].attrs, tag))
			return true;
	}
	return false;
}

static bool record_has_tags(struct matcher *m, const struct record *record)
{
	struct span span;
	struct resource resource;
	arena_reset(&m->arena);
	if (otlp_decode_span((struct lt_slice){record->data, record->len}, &m->arena, &span) ||
		otlp_decode_resource(record->resource->message, &m->arena, &resource))
		return false;
	for (size_t i = 0; i < m->search->n_tags; i++) {
		if (!span_has_tag(m, &span, &resource, &m->search->tags[i]))
			return false;
	}
	return true;
}

/* Whether the trace's start alone decides: one of its spans starts at that time. */
static bool matches_at_once(const struct search *search, const struct trace *trace)
{
	return !search->service.len && !search->operation.len && !search->duration_min_ns &&
	       search->duration_max_ns == UINT64_MAX && trace->start_ns >= search->start_min_ns &&
	       trace->start_ns <= search->start_max_ns;
}

static bool trace_matches(struct matcher *m, const struct trace *trace, bool tags_too)
{
	if (!tags_too && matches_at_once(m->search, trace))
		return true;
	for (size_t i = 0; i < trace->n_slots; i++) {
		const struct record *record = trace->slots[i];
		if (record && record_matches(m->search, record) &&
			(!tags_too || record_has_tags(m, record)))
			return true;
	}
	return false;
}

long search_traces(const struct store *store, const struct search *search, struct arena *arena,
	struct trace ***ret_traces)
{
	struct matcher m;
	struct trace **traces =
		arena_alloc(arena, store_stats(store).n_traces + 1, sizeof(*traces));
	if (!traces)
		return -ENOMEM;
	size_t n_candidates = 0, n = 0;
	matcher_init(&m, search);
	for (struct trace *trace = store_newest(store); trace; trace = trace->older) {
		if (trace_matches(&m, trace, false))
			traces[n_candidates++] = trace;
	}
	qsort(traces, n_candidates, sizeof(*traces), trace_latest_first);
	for (size_t i = 0; i < n_candidates && n < search->limit; i++) {
		if (!search->n_tags || trace_matches(&m, traces[i], true))
			traces[n++] = traces[i];
	}
	matcher_done(&m);
	*ret_traces = traces;
	return (long)n;
}

bool search_finds(const struct search *search, const struct trace *trace)
{
	struct matcher m;

	matcher_init(&m, search);
	bool found = trace_matches(&m, trace, search->n_tags > 0);
	matcher_done(&m);
	return found;
}

/* --- services and operations -------------------------------------------------------------- */

/* Sorts items and drops those that compare equal; returns how many are left. */
static size_t sort_unique(
	void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (!n)
		return 0;
	char *base = items;
	qsort(items, n, size, compare);
	size_t kept = 1;
	for (size_t i = 1; i < n; i++) {
		if (compare(base + (kept - 1) * size, base + i * size) != 0)
			memmove(base + kept++ * size, base + i * size, size);
	}
	return kept;
}

static int by_text(const void *a, const void *b)
{
	return slice_compare(*(const struct lt_slice *)a, *(const struct lt_slice *)b);
}

struct service_list {
	struct lt_slice *items;
	size_t n;
};

static int count_resource(void *user, const struct shared *resource)
{
	*(size_t *)user += 1;
	return 0;
}

static int add_service(void *user, const struct shared *resource)
{
	struct service_list *list = user;
	list->items[list->n++] = resource->service;
	return 0;
}

long search_services(const struct store *store, struct arena *arena, struct lt_slice **ret_services)
{
	struct service_list list = {NULL, 0};
	size_t n = 0;
	store_each_resource(store, count_resource, &n);
	list.items = arena_alloc(arena, n + 1, sizeof(*list.items));
	if (!list.items)
		return -ENOMEM;
	store_each_resource(store, add_service, &list);
	*ret_services = list.items;
	return (long)sort_unique(list.items, list.n, sizeof(*list.items), by_text);
}

static int by_name_and_kind(const void *a, const void *b)
{
	const struct operation *x = a, *y = b;
	int order = slice_compare(x->name, y->name);
	return order ? order : strcmp(x->kind, y->kind);
}

long search_operations(const struct store *store, struct lt_slice service, struct lt_slice kind,
	struct arena *arena, struct operation **ret_operations)
{
	size_t n = 0, size = store_stats(store).n_spans + 1;
	struct operation *operations = arena_alloc(arena, size, sizeof(*operations));
	if (!operations)
		return -ENOMEM;
	for (const struct trace *trace = store_newest(store); trace; trace = trace->older) {
		for (size_t i = 0; i < trace->n_slots; i++) {
			const struct record *record = trace->slots[i];
			if (!record || !slice_equal(record->resource->service, service))
				continue;
			const char *name = span_kind_name(record->kind);
			if (!kind.len || slice_equal(kind, lt_slice(name)))
				operations[n++] = (struct operation){record->name, name};
		}
	}
	*ret_operations = operations;
	return (long)sort_unique(operations, n, sizeof(*operations), by_name_and_kind);
}

/* --- dependencies ------------------------------------------------------------------------- */

static int by_parent_and_child(const void *a, const void *b)
{
	const struct dependency *x = a, *y = b;
	int order = slice_compare(x->parent, y->parent);
	return order ? order : slice_compare(x->child, y->child);
}

static void add_calls(const struct trace *trace, struct dependency *dependencies, size_t *n)
{
	for (size_t i = 0; i < trace->n_slots; i++) {
		const struct record *record = trace->slots[i];
		if (!record || id_is_zero(record->parent_id, 8))
			continue;
		const struct record *parent = trace_find_span(trace, record->parent_id);
		if (parent) {
			dependencies[(*n)++] = (struct dependency){
				parent->resource->service, record->resource->service, 1};
		}
	}
}

long search_dependencies(const struct store *store, uint64_t start_ns, uint64_t end_ns,
	struct arena *arena, struct dependency **ret_dependencies)
{
	size_t n = 0, kept = 0, size = store_stats(store).n_spans + 1;
	struct dependency *dependencies = arena_alloc(arena, size, sizeof(*dependencies));
	if (!dependencies)
		return -ENOMEM;
	for (const struct trace *trace = store_newest(store); trace; trace = trace->older) {
		if (trace->start_ns > start_ns && trace->end_ns < end_ns)
			add_calls(trace, dependencies, &n);
	}
	qsort(dependencies, n, sizeof(*dependencies), by_parent_and_child);
	for (size_t i = 0; i < n; i++) {
		if (kept && by_parent_and_child(&dependencies[kept - 1], &dependencies[i]) == 0)
			dependencies[kept - 1].n_calls++;
		else
			dependencies[kept++] = dependencies[i];
	}
	*ret_dependencies = dependencies;
	return (long)kept;
}
