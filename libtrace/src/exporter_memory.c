/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_memory.c - keeps copies of spans, for tests: this project's and its users'. */
#include "attributes.h"

#include <errno.h>
#include <libtrace/testing.h>
#include <pthread.h>
#include <stdlib.h>

enum { SPANS_MAX = 65536 };

struct kept {
	struct lt_span_data data;
	struct lt_arena arena; /* of everything that data points at */
};

struct memory {
	struct lt_exporter super;
	pthread_mutex_t lock; /* of what follows */
	struct kept **spans;
	size_t n, capacity;
};

static const struct lt_attribute_limits no_limits = {UINT32_MAX, UINT32_MAX};

static struct lt_attributes copy_attrs(struct lt_arena *arena, const struct lt_attributes *attrs)
{
	struct lt_attributes set = {.n_dropped = attrs->n_dropped};
	lt_attributes_add(&set, arena, &no_limits, attrs->items, attrs->n);
	return set;
}

static void copy_events(struct lt_arena *arena, struct lt_span_data *data)
{
	struct lt_event *events = lt_arena_alloc(arena, data->n_events * sizeof *events);
	for (uint32_t i = 0; events && i < data->n_events; i++) {
		events[i] = data->events[i];
		lt_arena_copy(arena, events[i].name, &events[i].name);
		events[i].attrs = copy_attrs(arena, &events[i].attrs);
	}
	data->events = events;
}

static void copy_links(struct lt_arena *arena, struct lt_span_data *data)
{
	struct lt_span_link *links = lt_arena_alloc(arena, data->n_links * sizeof *links);
	for (uint32_t i = 0; links && i < data->n_links; i++) {
		links[i] = data->links[i];
		lt_arena_copy(arena, links[i].context.tracestate, &links[i].context.tracestate);
		links[i].attrs = copy_attrs(arena, &links[i].attrs);
	}
	data->links = links;
}

static struct kept *keep(const struct lt_span_data *span)
{
	struct kept *kept = malloc(sizeof *kept);
	if (!kept)
		return NULL;
	static max_align_t nothing;
	lt_arena_init(&kept->arena, &nothing, 0);
	kept->data = *span;
	lt_arena_copy(&kept->arena, span->name, &kept->data.name);
	lt_arena_copy(&kept->arena, span->status_text, &kept->data.status_text);
	lt_arena_copy(&kept->arena, span->context.tracestate, &kept->data.context.tracestate);
	kept->data.attrs = copy_attrs(&kept->arena, &span->attrs);
	copy_events(&kept->arena, &kept->data);
	copy_links(&kept->arena, &kept->data);
	return kept;
}

/* memory->lock held */
static int add(struct memory *memory, const struct lt_span_data *span)
{
	if (memory->n == SPANS_MAX)
		return -ENOSPC;
	if (memory->n == memory->capacity) {
		size_t capacity = memory->capacity ? 2 * memory->capacity : 64;
		struct kept **spans = realloc(memory->spans, capacity * sizeof *spans);
		if (!spans)
			return -ENOMEM;
		memory->spans = spans;
		memory->capacity = capacity;
	}
	struct kept *kept = keep(span);
	if (!kept)
		return -ENOMEM;
	memory->spans[memory->n++] = kept;
	return 0;
}

static int export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct memory *memory = (struct memory *)self;
	int err = 0;
	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; !err && i < n; i++)
		err = add(memory, spans[i]);
	pthread_mutex_unlock(&memory->lock);
	return err;
}

static void free_memory(struct lt_exporter *self)
{
	struct memory *memory = (struct memory *)self;
	lt_exporter_memory_reset(self);
	pthread_mutex_destroy(&memory->lock);
	free(memory->spans);
	free(memory);
}

int lt_exporter_memory_new(struct lt_exporter **ret_exporter)
{
	static const struct lt_exporter_impl impl = {.export = export, .free = free_memory};
	struct memory *memory = calloc(1, sizeof *memory);
	if (!memory)
		return -ENOMEM;
	memory->super.impl = &impl;
	pthread_mutex_init(&memory->lock, NULL);
	*ret_exporter = &memory->super;
	return 0;
}

size_t lt_exporter_memory_count(struct lt_exporter *exporter)
{
	struct memory *memory = (struct memory *)exporter;
	if (!memory)
		return 0;
	pthread_mutex_lock(&memory->lock);
	size_t n = memory->n;
	pthread_mutex_unlock(&memory->lock);
	return n;
}

const struct lt_span_data *lt_exporter_memory_span(struct lt_exporter *exporter, size_t index)
{
	struct memory *memory = (struct memory *)exporter;
	if (!memory)
		return NULL;
	pthread_mutex_lock(&memory->lock);
	const struct lt_span_data *span = index < memory->n ? &memory->spans[index]->data : NULL;
	pthread_mutex_unlock(&memory->lock);
	return span;
}

const struct lt_span_data *lt_exporter_memory_find(struct lt_exporter *exporter, const char *name)
{
	const struct lt_span_data *span;
	struct lt_slice wanted = lt_slice(name);
	for (size_t i = 0; (span = lt_exporter_memory_span(exporter, i)); i++)
		if (span->name.len == wanted.len &&
			memcmp(span->name.ptr, wanted.ptr, wanted.len) == 0)
			return span;
	return NULL;
}

void lt_exporter_memory_reset(struct lt_exporter *exporter)
{
	struct memory *memory = (struct memory *)exporter;
	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < memory->n; i++) {
		lt_arena_done(&memory->spans[i]->arena);
		free(memory->spans[i]);
	}
	memory->n = 0;
	pthread_mutex_unlock(&memory->lock);
}
