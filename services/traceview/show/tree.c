/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - orders a trace's spans for display.
 *
 * No recursion: a chain of spans may be as long as the trace.
 */
#include "show/tree.h"

#include <errno.h>
#include <stdlib.h>

/* A span while the tree is built; numbers are indexes into an array sorted by start. */
struct twig {
	const struct record *record;
	size_t parent, first_child, next_sibling;
	size_t line; /* TREE_NONE: not placed yet */
	enum tree_note note;
};

struct builder {
	struct twig *twigs;
	size_t *by_id; /* twigs, sorted by span id, then by start */
	size_t n;
	struct tree_node *nodes;
	size_t n_nodes;
};

static int compare_id(const void *a, const void *b, void *user)
{
	const struct twig *twigs = user;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int order = memcmp(twigs[i].record->span_id, twigs[j].record->span_id, 8);
	return order ? order : (i > j) - (i < j);
}

/* The twig of that id; of several (client and server may share one) the latest other than
 * `not_this`. */
static size_t find(const struct builder *b, const uint8_t id[8], size_t not_this)
{
	size_t low = 0, high = b->n;
	while (low < high) { /* finds the first beyond id */
		size_t middle = low + (high - low) / 2;
		if (memcmp(b->twigs[b->by_id[middle]].record->span_id, id, 8) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low > 0 && b->by_id[low - 1] == not_this)
		low--;
	bool found = low > 0 && memcmp(b->twigs[b->by_id[low - 1]].record->span_id, id, 8) == 0;
	return found ? b->by_id[low - 1] : TREE_NONE;
}

/* Backwards, so that each list of children ends up sorted by start. */
static void link_children(struct builder *b)
{
	for (size_t i = b->n; i-- > 0;) {
		struct twig *twig = &b->twigs[i];
		if (id_is_zero(twig->record->parent_id, 8))
			continue;
		twig->parent = find(b, twig->record->parent_id, i);
		if (twig->parent == TREE_NONE) {
			bool itself =
				memcmp(twig->record->parent_id, twig->record->span_id, 8) == 0;
			twig->note = itself ? TREE_IN_CIRCLE : TREE_PARENT_MISSING;
		} else {
			twig->next_sibling = b->twigs[twig->parent].first_child;
			b->twigs[twig->parent].first_child = i;
		}
	}
}

static void place(struct builder *b, size_t i, unsigned depth, size_t parent_line)
{
	struct twig *twig = &b->twigs[i];
	twig->line = b->n_nodes++;
	b->nodes[twig->line] = (struct tree_node){.record = twig->record,
		.parent = parent_line,
		.depth = depth,
		.is_last = true,
		.note = twig->note};
}

/* The next child of a parent that has no line yet; from: the first to look at. */
static size_t next_unplaced(const struct builder *b, size_t from)
{
	while (from != TREE_NONE && b->twigs[from].line != TREE_NONE)
		from = b->twigs[from].next_sibling;
	return from;
}

/* Places a root and everything below it. */
static void place_tree(struct builder *b, size_t root)
{
	size_t i = root;
	place(b, root, 0, TREE_NONE);
	for (;;) {
		size_t next = next_unplaced(b, b->twigs[i].first_child);
		unsigned depth = b->nodes[b->twigs[i].line].depth + 1;
		if (next != TREE_NONE) {
			place(b, next, depth, b->twigs[i].line);
			i = next;
			continue;
		}
		/* climbs to the next unplaced sibling */
		while (i != root) {
			next = next_unplaced(b, b->twigs[i].next_sibling);
			if (next != TREE_NONE)
				break;
			i = b->twigs[i].parent;
		}
		if (i == root)
			return;
		struct tree_node *node = &b->nodes[b->twigs[i].line];
		node->is_last = false;
		place(b, next, node->depth, node->parent);
		i = next;
	}
}

static void place_all(struct builder *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->twigs[i].parent == TREE_NONE)
			place_tree(b, i);
	}
	for (size_t i = 0; i < b->n; i++) { /* the rest belongs to cycles */
		if (b->twigs[i].line == TREE_NONE) {
			b->twigs[i].note = TREE_IN_CIRCLE;
			place_tree(b, i);
		}
	}
}

static void fill(struct builder *b, const struct trace *trace, struct record **records)
{
	trace_sorted(trace, records);
	for (size_t i = 0; i < b->n; i++) {
		b->twigs[i] = (struct twig){.record = records[i],
			.parent = TREE_NONE,
			.first_child = TREE_NONE,
			.next_sibling = TREE_NONE,
			.line = TREE_NONE};
		b->by_id[i] = i;
	}
	qsort_r(b->by_id, b->n, sizeof(*b->by_id), compare_id, b->twigs);
}

int tree_new(const struct trace *trace, struct tree_node **ret_nodes)
{
	struct builder b = {.n = trace->n_spans};
	struct record **records = calloc(b.n, sizeof(struct record *));
	b.twigs = calloc(b.n, sizeof(*b.twigs));
	b.by_id = calloc(b.n, sizeof(*b.by_id));
	b.nodes = calloc(b.n, sizeof(*b.nodes));
	bool ok = records && b.twigs && b.by_id && b.nodes;
	if (ok) {
		fill(&b, trace, records);
		link_children(&b);
		place_all(&b);
		*ret_nodes = b.nodes;
	} else {
		free(b.nodes);
	}
	free(records);
	free(b.twigs);
	free(b.by_id);
	return ok ? 0 : -ENOMEM;
}
