/* SPDX-License-Identifier: Apache-2.0 */
/* waterfall.c - draws a trace in the terminal. */
#include "show/waterfall.h"

#include "base/hex.h"
#include "otlp/otlp.h"
#include "show/columns.h"
#include "show/details.h"
#include "show/tree.h"

#include <ctype.h>
#include <errno.h>
#include <libtrace/semconv.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVICE_COLUMNS_MAX 24
#define KIND_COLUMNS 8	   /* INTERNAL */
#define DURATION_COLUMNS 8 /* "59 m 59 s" is cut; "99 h 59 m" is too */
#define BAR_COLUMNS_MIN 6
#define NARROW_COLUMNS 60 /* below it kinds are left out */
#define SERVICES_IN_HEADER 8
#define LABEL_PART_BYTES 1024 /* of a name or an error: more than a line shows */

struct waterfall {
	struct buffer *out;
	const struct look *options;
	const struct trace *trace;
	const struct tree_node *nodes;
	size_t n;
	unsigned service, label, kind, bar; /* columns */
	unsigned number;		    /* columns of the number of levels left out */
	unsigned levels;		    /* most of a tree's that branches show */
	struct buffer label_text;	    /* of the current line */
};

/* --- colours ------------------------------------------------------------------------------ */

static const char reset[] = "\33[0m", bold[] = "\33[1m", dim[] = "\33[2m", red[] = "\33[31m";
/* Of services, in the order in which they appear; red is for errors. */
static const char *const service_colors[] = {
	"\33[36m", "\33[33m", "\33[35m", "\33[32m", "\33[34m", "\33[96m", "\33[93m", "\33[95m"};

#define N_SERVICE_COLORS (sizeof(service_colors) / sizeof(service_colors[0]))

static void color(struct waterfall *w, const char *code)
{
	if (w->options->color)
		buffer_puts(w->out, code);
}

static const char *service_color(const struct tree_node *node)
{
	return service_colors[(node->record->resource->mark - 1) % N_SERVICE_COLORS];
}

/* --- labels ------------------------------------------------------------------------------- */

static struct lt_slice text_of(const struct attr_list *attrs, const char *key)
{
	const struct value *value = attr_find(attrs, key);
	return value && value->type == VALUE_STRING ? value->string : (struct lt_slice){NULL, 0};
}

static void put_part(struct buffer *label, struct lt_slice part)
{
	buffer_put(label, part.ptr, part.len < LABEL_PART_BYTES ? part.len : LABEL_PART_BYTES);
}

/* Appends error.type, and the status message where it differs. */
static void put_error(struct buffer *label, const struct record *record)
{
	struct arena arena;
	struct span span;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	if (!otlp_decode_span((struct lt_slice){record->data, record->len}, &arena, &span)) {
		struct lt_slice type = text_of(&span.attrs, LT_ERROR_TYPE);
		buffer_puts(label, type.len || span.status_message.len ? "  " : "");
		put_part(label, type);
		if (span.status_message.len && !slice_equal(span.status_message, type)) {
			buffer_puts(label, type.len ? ": " : "");
			put_part(label, span.status_message);
		}
	}
	arena_done(&arena);
}

/* A span's name; an error has a mark before it and the reason after it. */
static void make_label(struct waterfall *w, const struct tree_node *node)
{
	bool is_error = node->record->status == STATUS_ERROR;
	w->label_text.len = 0;
	if (is_error)
		buffer_puts(&w->label_text, w->options->ascii ? "! " : "✗ ");
	put_part(&w->label_text, node->record->name);
	if (is_error)
		put_error(&w->label_text, node->record);
	if (node->note == TREE_IN_CIRCLE)
		buffer_puts(&w->label_text, "  (its parents form a cycle)");
	else if (node->note == TREE_PARENT_MISSING)
		buffer_puts(&w->label_text, "  (its parent is missing)");
}

/* --- columns ------------------------------------------------------------------------------ */

static unsigned at_most(size_t n, unsigned limit)
{
	return n < limit ? (unsigned)n : limit;
}

static unsigned indent_of(const struct tree_node *node)
{
	return at_most(2 * (size_t)node->depth, LOOK_WIDTH_MAX);
}

static unsigned columns_of_number(unsigned number)
{
	unsigned columns = 1;
	while (number /= 10)
		columns++;
	return columns;
}

static void lay_out(struct waterfall *w)
{
	bool ascii = w->options->ascii;
	unsigned width = w->options->width, deepest = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct tree_node *node = &w->nodes[i];
		make_label(w, node);
		unsigned service = columns_of(node->record->resource->service, ascii);
		unsigned label = indent_of(node) + columns_of(buffer_slice(&w->label_text), ascii);
		w->service = service > w->service ? service : w->service;
		w->label = label > w->label ? label : w->label;
		deepest = node->depth > deepest ? node->depth : deepest;
	}
	w->service = at_most(w->service, SERVICE_COLUMNS_MAX);
	w->service = at_most(w->service, width / 5);
	w->kind = width < NARROW_COLUMNS ? 0 : KIND_COLUMNS;
	/* Between columns there is a space, before the bar two. */
	unsigned left =
		width - (w->service + 1 + w->kind + (w->kind > 0) + 1 + DURATION_COLUMNS + 2);
	unsigned bar_min = left / 3 > BAR_COLUMNS_MIN ? left / 3 : BAR_COLUMNS_MIN;
	bool fits = w->label <= left - bar_min;
	w->label = at_most(w->label, left - bar_min);
	w->levels = fits ? w->label / 2 : w->label / 6;
	w->number = columns_of_number(deepest);
	w->bar = left - w->label;
}

/* --- printing ----------------------------------------------------------------------------- */

/* Where not all names fit, branches take a third of the column at most: a name keeps the rest
 * however deep its span is. */
static unsigned levels_shown(const struct waterfall *w, const struct tree_node *node)
{
	return node->depth < w->levels ? node->depth : w->levels;
}

/* The lines that lead down to a span; for the outermost that are not shown, how many they are.
 * Returns the columns taken. */
static unsigned put_branches(struct waterfall *w, const struct tree_node *node)
{
	bool ascii = w->options->ascii;
	unsigned shown = levels_shown(w, node), omitted = node->depth - shown;
	const char *marks[LOOK_WIDTH_MAX / 2];
	for (unsigned level = shown; level > 0; level--) {
		bool own = level == shown;
		const char *last = own ? (ascii ? "` " : "└ ") : "  ";
		const char *more = own ? (ascii ? "|-" : "├ ") : ascii ? "| " : "│ ";
		marks[level - 1] = node->is_last ? last : more;
		node = &w->nodes[node->parent];
	}
	if (omitted)
		buffer_printf(w->out, "%*u%s", (int)w->number, omitted, ascii ? "~" : "…");
	for (unsigned level = 0; level < shown; level++)
		buffer_puts(w->out, marks[level]);
	return 2 * shown + (omitted ? w->number + 1 : 0);
}

static void put_bar(struct waterfall *w, const struct record *record)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	double total = (double)(w->trace->end_ns - w->trace->start_ns);
	double scale = total > 0 ? w->bar / total : 0;
	unsigned from = at_most(
		(size_t)((double)(record->start_ns - w->trace->start_ns) * scale), w->bar - 1);
	double end = total > 0 ? (double)(record->end_ns - w->trace->start_ns) * scale : w->bar;
	double length = end > from ? end - from : 0;
	unsigned cells = (unsigned)(w->options->ascii ? length + 0.5 : length);
	unsigned rest = w->options->ascii ? 0 : (unsigned)((length - cells) * 8);
	if (cells >= w->bar - from) {
		cells = w->bar - from;
		rest = 0;
	} else if (!cells && !rest) {
		rest = 1; /* even the shortest span is visible */
	}
	columns_pad(w->out, from);
	for (unsigned i = 0; i < cells; i++)
		buffer_puts(w->out, w->options->ascii ? "#" : "█");
	buffer_puts(w->out, !w->options->ascii ? eighths[rest] : cells ? "" : "|");
}

static void put_kind(struct waterfall *w, const struct record *record)
{
	char kind[KIND_COLUMNS + 1] = "";
	const char *name = span_kind_name(record->kind);
	for (size_t i = 0; name[i] && i < KIND_COLUMNS; i++)
		kind[i] = (char)toupper((unsigned char)name[i]);
	columns_put(w->out, lt_slice(kind), KIND_COLUMNS, true);
}

static void put_duration(struct waterfall *w, uint64_t duration_ns)
{
	struct buffer text;
	buffer_init(&text, 64);
	duration_print(&text, duration_ns, w->options->ascii);
	unsigned columns = columns_of(buffer_slice(&text), w->options->ascii);
	columns_pad(w->out, columns < DURATION_COLUMNS ? DURATION_COLUMNS - columns : 0);
	columns_put_up_to(w->out, buffer_slice(&text), DURATION_COLUMNS, w->options->ascii);
	buffer_done(&text);
}

/* Strips trailing spaces. */
static void end_line(struct buffer *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	buffer_puts(out, "\n");
}

static void put_line(struct waterfall *w, const struct tree_node *node)
{
	bool ascii = w->options->ascii, is_error = node->record->status == STATUS_ERROR;
	color(w, service_color(node));
	columns_put(w->out, node->record->resource->service, w->service, ascii);
	color(w, reset);
	buffer_puts(w->out, " ");
	color(w, dim);
	unsigned taken = put_branches(w, node);
	color(w, reset);
	make_label(w, node);
	color(w, is_error ? red : "");
	columns_put(w->out, buffer_slice(&w->label_text), w->label > taken ? w->label - taken : 0,
		ascii);
	color(w, is_error ? reset : "");
	buffer_puts(w->out, " ");
	if (w->kind) {
		color(w, dim);
		put_kind(w, node->record);
		color(w, reset);
		buffer_puts(w->out, " ");
	}
	put_duration(w, node->record->end_ns - node->record->start_ns);
	buffer_puts(w->out, "  ");
	color(w, is_error ? red : service_color(node));
	put_bar(w, node->record);
	color(w, reset);
	end_line(w->out);
}

/* Gives each service a number, in order of appearance; returns how many there are.  A resource's
 * mark is its service's number, so resources of one service get the same. */
static size_t number_services(struct waterfall *w, struct lt_slice names[SERVICES_IN_HEADER])
{
	size_t n_services = 0;
	for (size_t i = 0; i < w->n; i++) {
		struct shared *resource = w->nodes[i].record->resource;
		resource->mark = 0;
	}
	for (size_t i = 0; i < w->n; i++) {
		struct shared *resource = w->nodes[i].record->resource;
		if (resource->mark)
			continue;
		for (size_t j = 0; j < n_services && j < SERVICES_IN_HEADER; j++) {
			if (slice_equal(names[j], resource->service))
				resource->mark = j + 1;
		}
		if (!resource->mark) {
			resource->mark = ++n_services;
			if (n_services <= SERVICES_IN_HEADER)
				names[n_services - 1] = resource->service;
		}
	}
	return n_services;
}

/* "api-gateway, order-service · 5 spans · 1.82 s · 1 error" */
static void summarize(struct waterfall *w, struct buffer *line, const char *dot)
{
	bool ascii = w->options->ascii;
	struct lt_slice names[SERVICES_IN_HEADER];
	size_t n_services = number_services(w, names);
	for (size_t i = 0; i < n_services && i < SERVICES_IN_HEADER; i++) {
		buffer_puts(line, i ? ", " : "");
		columns_put_up_to(line, names[i], SERVICE_COLUMNS_MAX, ascii);
	}
	if (n_services > SERVICES_IN_HEADER)
		buffer_printf(line, ", and %zu more", n_services - SERVICES_IN_HEADER);
	buffer_printf(line, "%s%zu span%s%s", dot, w->n, w->n == 1 ? "" : "s", dot);
	duration_print(line, w->trace->end_ns - w->trace->start_ns, ascii);
	if (w->trace->n_errors) {
		buffer_printf(line, "%s%zu error%s", dot, w->trace->n_errors,
			w->trace->n_errors == 1 ? "" : "s");
	}
}

static void put_header(struct waterfall *w)
{
	bool ascii = w->options->ascii;
	const char *dot = ascii ? " - " : " · ";
	char id[33];
	unsigned left = w->options->width - (unsigned)strlen("trace ") - 32;
	bool own_line = w->options->width < NARROW_COLUMNS;
	struct buffer line;
	buffer_init(&line, 64 * 1024);
	summarize(w, &line, dot);
	buffer_puts(w->out, "trace ");
	color(w, bold);
	buffer_puts(w->out, hex_print(w->trace->id, 16, id));
	color(w, reset);
	buffer_puts(w->out, own_line ? "\n" : dot);
	columns_put_up_to(
		w->out, buffer_slice(&line), own_line ? w->options->width : left - 3, ascii);
	buffer_puts(w->out, "\n");
	buffer_done(&line);
}

int waterfall_print(struct buffer *out, const struct trace *trace, const struct look *options)
{
	struct look bounded = *options;
	struct waterfall w = {.out = out, .options = &bounded, .trace = trace, .n = trace->n_spans};
	struct tree_node *nodes;
	if (bounded.width < LOOK_WIDTH_MIN)
		bounded.width = LOOK_WIDTH_MIN;
	bounded.width = at_most(bounded.width, LOOK_WIDTH_MAX);
	int err = tree_new(trace, &nodes);
	if (err)
		return err;
	w.nodes = nodes;
	buffer_init(&w.label_text, 4 * LABEL_PART_BYTES);
	lay_out(&w);
	put_header(&w);
	for (size_t i = 0; i < w.n && !err; i++) {
		put_line(&w, &nodes[i]);
		if (bounded.attributes || bounded.events)
			err = details_print(out, nodes[i].record, trace->start_ns, &bounded,
				w.service + 1 + 2 * (levels_shown(&w, &nodes[i]) + 1));
	}
	buffer_done(&w.label_text);
	free(nodes);
	return err;
}
