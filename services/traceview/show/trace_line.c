/* SPDX-License-Identifier: Apache-2.0 */
/* trace_line.c - prints a trace in one line. */
#include "show/trace_line.h"

#include "base/hex.h"
#include "show/columns.h"

#include <time.h>

#define NARROW_COLUMNS 80	  /* below it the id has a line of its own */
#define DURATION_COLUMNS 9	  /* "59 m 59 s" */
#define COUNT_COLUMNS 6		  /* of spans, and of errors */
#define TIME_COLUMNS 8		  /* 12:34:56, or a date such as 2026-11-28 for other days */
#define NAME_BYTES ((size_t)4096) /* of a service's name and of a span's, before they are cut */

struct line {
	struct buffer *out;
	const struct look *look;
	unsigned left; /* columns */
};

static unsigned width_of(const struct look *look)
{
	return look->width < LOOK_WIDTH_MIN   ? LOOK_WIDTH_MIN
	       : look->width > LOOK_WIDTH_MAX ? LOOK_WIDTH_MAX
					      : look->width;
}

/* Right-aligns a text in its column, and appends a space. */
static void put_right(struct line *line, struct lt_slice text, unsigned columns)
{
	unsigned taken = columns_of(text, line->look->ascii);
	columns_pad(line->out, taken < columns ? columns - taken : 0);
	columns_put_up_to(line->out, text, columns, line->look->ascii);
	columns_pad(line->out, 2);
	line->left -= columns + 2;
}

static void put_count(struct line *line, size_t n)
{
	struct buffer text;
	buffer_init(&text, 32);
	buffer_printf(&text, "%zu", n);
	put_right(line, buffer_slice(&text), COUNT_COLUMNS);
	buffer_done(&text);
}

static void put_time(struct line *line, uint64_t time_ns)
{
	time_t time_s = (time_t)(time_ns / 1000000000);
	char text[16];
	struct tm tm;
	localtime_r(&time_s, &tm);
	bool is_recent = time(NULL) - time_s < 12 * 3600;
	strftime(text, sizeof(text), is_recent ? "%H:%M:%S" : "%y-%m-%d", &tm);
	put_right(line, lt_slice(text), TIME_COLUMNS);
}

static void put_duration(struct line *line, uint64_t duration_ns)
{
	struct buffer text;
	buffer_init(&text, 64);
	duration_print(&text, duration_ns, line->look->ascii);
	put_right(line, buffer_slice(&text), DURATION_COLUMNS);
	buffer_done(&text);
}

/* The earliest span without a parent, or the earliest of all. */
static const struct record *root_of(const struct trace *trace)
{
	const struct record *best = NULL;
	for (size_t i = 0; i < trace->n_slots; i++) {
		const struct record *record = trace->slots[i];
		if (!record)
			continue;
		bool is_root = id_is_zero(record->parent_id, 8);
		bool best_is_root = best && id_is_zero(best->parent_id, 8);
		if (!best || is_root > best_is_root ||
			(is_root == best_is_root && record->start_ns < best->start_ns))
			best = record;
	}
	return best;
}

static void put_cut(struct buffer *text, struct lt_slice part)
{
	buffer_put(text, part.ptr, part.len < NAME_BYTES ? part.len : NAME_BYTES);
}

static void put_name(struct line *line, const struct trace *trace)
{
	const struct record *root = root_of(trace);
	struct buffer text;
	buffer_init(&text, 4 * NAME_BYTES);
	put_cut(&text, root->resource->service);
	buffer_puts(&text, ": ");
	put_cut(&text, root->name);
	if (line->look->color && trace->n_errors)
		buffer_puts(line->out, "\33[31m");
	columns_put_up_to(line->out, buffer_slice(&text), line->left, line->look->ascii);
	if (line->look->color && trace->n_errors)
		buffer_puts(line->out, "\33[0m");
	buffer_done(&text);
}

void trace_line_print(struct buffer *out, const struct trace *trace, const struct look *look)
{
	char id[33];
	struct line line = {out, look, width_of(look)};
	bool is_narrow = line.left < NARROW_COLUMNS;
	hex_print(trace->id, 16, id);
	if (is_narrow)
		buffer_printf(out, "%s\n", id);
	else
		put_right(&line, lt_slice(id), 32);
	put_time(&line, trace->start_ns);
	put_duration(&line, trace->end_ns - trace->start_ns);
	if (!is_narrow) {
		put_count(&line, trace->n_spans);
		put_count(&line, trace->n_errors);
	}
	put_name(&line, trace);
	buffer_puts(out, "\n");
}

void trace_line_print_header(struct buffer *out, const struct look *look)
{
	struct line line = {out, look, width_of(look)};
	if (line.left < NARROW_COLUMNS)
		return;
	put_right(&line, lt_slice("TRACE"), 32);
	put_right(&line, lt_slice("START"), TIME_COLUMNS);
	put_right(&line, lt_slice("DURATION"), DURATION_COLUMNS);
	put_right(&line, lt_slice("SPANS"), COUNT_COLUMNS);
	put_right(&line, lt_slice("ERRORS"), COUNT_COLUMNS);
	columns_put_up_to(out, lt_slice("ROOT"), line.left, true);
	buffer_puts(out, "\n");
}
