/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_memory.c - keeps copies of spans, for tests: this project's and its users'. */
#include "export/exporter_memory.h"

#include "util/slice.h"

#include <errno.h>
#include <libtrace/testing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SPANS_MAX 65536

struct piece {
	struct piece *next;
	max_align_t bytes[];
};

struct kept {
	struct lt_span_data data;
	struct piece *pieces; /* everything that data points at */
	bool failed;	      /* an allocation has failed: the span is not kept */
};

struct memory {
	struct lt_exporter super;
	pthread_mutex_t lock; /* of what follows */
	struct kept **spans;
	size_t n, capacity;
};

static atomic_uint n_exporters;

static void *copy(struct kept *kept, const void *from, size_t n_bytes)
{
	struct piece *piece = kept->failed ? NULL : malloc(sizeof(*piece) + n_bytes);
	if (!piece) {
		kept->failed = true;
		return NULL;
	}
	if (n_bytes)
		memcpy(piece->bytes, from, n_bytes);
	piece->next = kept->pieces;
	kept->pieces = piece;
	return piece->bytes;
}

static void copy_text(struct kept *kept, struct lt_slice *text)
{
	text->ptr = copy(kept, text->ptr, text->len);
}

static void copy_strings(struct kept *kept, struct lt_attr *attr)
{
	struct lt_slice *items =
		copy(kept, attr->value.strings, attr->n_items * sizeof(struct lt_slice));
	for (uint32_t i = 0; items && i < attr->n_items; i++)
		copy_text(kept, &items[i]);
	attr->value.strings = items;
}

static const struct lt_attr *copy_items(struct kept *kept, const struct lt_attr *attrs, size_t n);

static void copy_attr(struct kept *kept, struct lt_attr *attr)
{
	copy_text(kept, &attr->key);
	switch (attr->type) {
	case LT_TYPE_STRING:
	case LT_TYPE_BYTES:
		copy_text(kept, &attr->value.string);
		break;
	case LT_TYPE_ARRAY:
	case LT_TYPE_MAP:
		attr->value.attrs = copy_items(kept, attr->value.attrs, attr->n_items);
		break;
	case LT_TYPE_STRING_ARRAY:
		copy_strings(kept, attr);
		break;
	case LT_TYPE_BOOL_ARRAY:
		attr->value.items = copy(kept, attr->value.items, attr->n_items * sizeof(bool));
		break;
	case LT_TYPE_INT_ARRAY:
	case LT_TYPE_DOUBLE_ARRAY:
		attr->value.items = copy(kept, attr->value.items, attr->n_items * sizeof(int64_t));
		break;
	default:
		break;
	}
}

static const struct lt_attr *copy_items(struct kept *kept, const struct lt_attr *attrs, size_t n)
{
	struct lt_attr *items = copy(kept, attrs, n * sizeof(*items));
	for (size_t i = 0; items && i < n; i++)
		copy_attr(kept, &items[i]);
	return items;
}

static void copy_attrs(struct kept *kept, struct lt_attributes *attrs)
{
	attrs->items = copy_items(kept, attrs->items, attrs->n);
}

static void copy_events(struct kept *kept)
{
	struct lt_span_data *data = &kept->data;
	struct lt_event *events = copy(kept, data->events, data->n_events * sizeof(*events));
	for (uint32_t i = 0; events && i < data->n_events; i++) {
		copy_text(kept, &events[i].name);
		copy_attrs(kept, &events[i].attrs);
	}
	data->events = events;
}

static void copy_links(struct kept *kept)
{
	struct lt_span_data *data = &kept->data;
	struct lt_span_link *links = copy(kept, data->links, data->n_links * sizeof(*links));
	for (uint32_t i = 0; links && i < data->n_links; i++) {
		copy_text(kept, &links[i].context.tracestate);
		copy_attrs(kept, &links[i].attrs);
	}
	data->links = links;
}

static void free_kept(struct kept *kept)
{
	while (kept->pieces) {
		struct piece *next = kept->pieces->next;
		free(kept->pieces);
		kept->pieces = next;
	}
	free(kept);
}

/* A deep copy, since the span is recycled; NULL when out of memory. */
static struct kept *keep(const struct lt_span_data *span)
{
	struct kept *kept = malloc(sizeof(*kept));
	if (!kept)
		return NULL;
	*kept = (struct kept){.data = *span};
	copy_text(kept, &kept->data.name);
	copy_text(kept, &kept->data.status_text);
	copy_text(kept, &kept->data.context.tracestate);
	copy_attrs(kept, &kept->data.attrs);
	copy_events(kept);
	copy_links(kept);
	if (!kept->failed)
		return kept;
	free_kept(kept);
	return NULL;
}

/* memory->lock held */
static int add(struct memory *memory, const struct lt_span_data *span)
{
	if (memory->n == SPANS_MAX)
		return -ENOSPC;
	if (memory->n == memory->capacity) {
		size_t capacity = memory->capacity ? 2 * memory->capacity : 64;
		struct kept **spans = realloc(memory->spans, capacity * sizeof(*spans));
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
	atomic_fetch_sub(&n_exporters, 1);
}

int lt_exporter_memory_new(struct lt_exporter **ret_exporter)
{
	static const struct lt_exporter_impl impl = {
		.export_spans = export, .free = free_memory, .type = "memory_span_exporter"};
	struct memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	memory->super.impl = &impl;
	pthread_mutex_init(&memory->lock, NULL);
	atomic_fetch_add(&n_exporters, 1);
	*ret_exporter = &memory->super;
	return 0;
}

bool lt_exporter_memory_exists(void)
{
	return atomic_load(&n_exporters) > 0;
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
	for (size_t i = 0; (span = lt_exporter_memory_span(exporter, i)); i++) {
		if (lt_slice_equal(span->name, wanted))
			return span;
	}
	return NULL;
}

void lt_exporter_memory_reset(struct lt_exporter *exporter)
{
	struct memory *memory = (struct memory *)exporter;
	if (!memory)
		return;
	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < memory->n; i++)
		free_kept(memory->spans[i]);
	memory->n = 0;
	pthread_mutex_unlock(&memory->lock);
}
