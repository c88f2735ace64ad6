/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - orders a trace's spans for display: children below their parents, sorted by start. */
#ifndef TRACEVIEW_TREE_H
#define TRACEVIEW_TREE_H

#include "store/trace.h"

enum tree_note {
	TREE_NO_NOTE = 0,
	TREE_PARENT_MISSING, /* a root because the span it names as parent is not in the trace */
	TREE_IN_CIRCLE,	     /* a root because its ancestors form a cycle */
};

#define TREE_NONE SIZE_MAX

struct tree_node {
	const struct record *record; /* borrowed from the trace */
	size_t parent;		     /* its line; TREE_NONE: a root */
	unsigned depth;
	bool is_last; /* of its parent's children */
	enum tree_note note;
};

/**
 * Puts a trace's spans in order, however broken the links between them are.
 * @param ret_nodes  new, for free(); trace->n_spans lines, from top to bottom
 * @return 0 or -ENOMEM
 */
LT_CHECKED int tree_new(const struct trace *trace, struct tree_node **ret_nodes);

#endif
