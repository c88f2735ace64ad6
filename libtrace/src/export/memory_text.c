/* SPDX-License-Identifier: Apache-2.0 */
/* memory_text.c - the spans of a memory exporter as the trees that testing.h describes. */
#include "encode/encode_text.h"

#include <libtrace/testing.h>
#include <stdlib.h>

#define ID_BYTES 24 /* of a span in all traces: those of its trace and its own */

struct node {
	const struct lt_span_data *span;
	uint8_t id[ID_BYTES];
	uint8_t parent_id[ID_BYTES];
	size_t index;
	unsigned depth;
};

struct forest {
	size_t n;
	struct node *by_id;	/* sorted by it */
	struct node *by_parent; /* sorted by its id, then by start */
	struct node *open;	/* to be printed; the next one is the last */
	size_t n_open;
};

/* --- one line ----------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
	static const char digits[] = "0123456789";
	text += *text == '-';
	size_t n = strspn(text, digits);
	text += n;
	if (*text == '.')
		text += 1 + strspn(text + 1, digits);
	if (*text == 'e') {
		text += 1 + strspn(text + 1, "+-");
		text += strspn(text, digits);
	}
	return n && !*text;
}

/* Otherwise it is quoted: the value might have another type, or several parts. */
static bool is_string_without_quotes(const char *text)
{
	static const char *const others[] = {
		"", "true", "false", "null", "inf", "-inf", "nan", "-nan"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(text, others[i]) == 0)
			return false;
	}
	return !is_number(text) && !strchr(" \"[{", text[0]) && !strchr(text, '|') &&
	       text[strlen(text) - 1] != ' ';
}

static void add_value(struct lt_buffer *b, const struct lt_attr *attr)
{
	if (attr->type != LT_TYPE_STRING) {
		lt_text_add_value(b, attr);
		return;
	}
	char *text = strndup(attr->value.string.ptr, attr->value.string.len);
	if (text && strlen(text) == attr->value.string.len && is_string_without_quotes(text))
		lt_text_add_clean(b, attr->value.string);
	else
		lt_text_add_value(b, attr);
	b->failed |= !text;
	free(text);
}

static void add_attr(struct lt_buffer *b, const struct lt_attr *attr)
{
	lt_text_add_clean(b, attr->key);
	lt_buffer_add_char(b, '=');
	add_value(b, attr);
}

static void add_event(struct lt_buffer *b, const struct lt_event *event)
{
	lt_buffer_add_text(b, " | event: ");
	lt_text_add_clean(b, event->name);
	for (uint32_t i = 0; i < event->attrs.n; i++) {
		lt_buffer_add_text(b, i ? ", " : " (");
		add_attr(b, &event->attrs.items[i]);
	}
	if (event->attrs.n)
		lt_buffer_add_char(b, ')');
}

static void add_line(struct lt_buffer *b, const struct lt_span_data *span, unsigned depth)
{
	static const char *const kinds[] = {
		"", " | SERVER", " | CLIENT", " | PRODUCER", " | CONSUMER"};
	static const char *const statuses[] = {"", " | OK", " | ERROR"};

	for (unsigned i = 0; i < depth; i++)
		lt_buffer_add_text(b, "  ");
	lt_text_add_clean(b, span->name);
	lt_buffer_add_text(b, kinds[span->kind]);
	lt_buffer_add_text(b, statuses[span->status]);
	if (span->status_text.len) {
		lt_buffer_add_text(b, ": ");
		lt_text_add_clean(b, span->status_text);
	}
	if (span->parent_remote)
		lt_buffer_add_text(b, " | remote parent");
	for (uint32_t i = 0; i < span->attrs.n; i++) {
		lt_buffer_add_text(b, " | ");
		add_attr(b, &span->attrs.items[i]);
	}
	for (uint32_t i = 0; i < span->n_events; i++)
		add_event(b, &span->events[i]);
	if (span->n_links)
		lt_buffer_printf(b, " | links: %u", span->n_links);
	lt_buffer_add_char(b, '\n');
}

/* --- the trees ---------------------------------------------------------------------------- */

static struct node node_of(const struct lt_span_data *span, size_t index)
{
	struct node node = {.span = span, .index = index};

	memcpy(node.id, span->context.trace_id, 16);
	memcpy(node.id + 16, span->context.span_id, 8);
	memcpy(node.parent_id, span->context.trace_id, 16);
	memcpy(node.parent_id + 16, span->parent_span_id, 8);
	return node;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(((const struct node *)a)->id, ((const struct node *)b)->id, ID_BYTES);
}

/* The latest start first: the last one is printed next. */
static int compare_starts(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->span->start_ns != y->span->start_ns)
		return x->span->start_ns < y->span->start_ns ? 1 : -1;
	return x->index < y->index ? 1 : -1;
}

static int compare_parents(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int by_id = memcmp(x->parent_id, y->parent_id, ID_BYTES);

	return by_id ? by_id : compare_starts(a, b);
}

static void open_node(struct forest *forest, struct node node, unsigned depth)
{
	node.depth = depth;
	forest->open[forest->n_open++] = node;
}

static void open_roots(struct forest *forest)
{
	for (size_t i = 0; i < forest->n; i++) {
		struct node parent;
		memcpy(parent.id, forest->by_parent[i].parent_id, ID_BYTES);
		if (!bsearch(&parent, forest->by_id, forest->n, sizeof(parent), compare_ids))
			open_node(forest, forest->by_parent[i], 0);
	}
	qsort(forest->open, forest->n_open, sizeof(*forest->open), compare_starts);
}

/* The index of the first child of an id, or where it would be. */
static size_t first_child(const struct forest *forest, const uint8_t *id)
{
	size_t low = 0, high = forest->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(forest->by_parent[middle].parent_id, id, ID_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void print_forest(struct forest *forest, struct lt_buffer *b)
{
	open_roots(forest);
	while (forest->n_open) {
		struct node node = forest->open[--forest->n_open];
		add_line(b, node.span, node.depth);
		for (size_t i = first_child(forest, node.id);
			i < forest->n &&
			memcmp(forest->by_parent[i].parent_id, node.id, ID_BYTES) == 0;
			i++)
			open_node(forest, forest->by_parent[i], node.depth + 1);
	}
}

char *lt_exporter_memory_print(struct lt_exporter *exporter)
{
	size_t n = lt_exporter_memory_count(exporter);
	struct node *nodes = calloc(3 * n + 1, sizeof(*nodes));
	struct forest forest = {n, nodes, nodes + n, nodes + 2 * n, 0};
	struct lt_buffer b = {0};

	if (!nodes)
		return NULL;
	for (size_t i = 0; i < n; i++)
		nodes[i] = nodes[n + i] = node_of(lt_exporter_memory_span(exporter, i), i);
	qsort(forest.by_id, n, sizeof(*nodes), compare_ids);
	qsort(forest.by_parent, n, sizeof(*nodes), compare_parents);
	print_forest(&forest, &b);
	free(nodes);
	lt_buffer_add_char(&b, '\0');
	if (!b.failed)
		return b.bytes;
	lt_buffer_done(&b);
	return NULL;
}
