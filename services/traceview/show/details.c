/* SPDX-License-Identifier: Apache-2.0 */
/* details.c - prints a span's attributes, links and events. */
#include "show/details.h"

#include "base/hex.h"
#include "otlp/otlp.h"
#include "otlp/value_text.h"
#include "show/columns.h"

#include <errno.h>

#define LINE_MAX_BYTES ((size_t)1024 * 1024) /* of a line before it is cut to the width */

struct details {
	struct buffer *out;
	const struct look *options;
	unsigned indent;
	struct buffer line;
};

/* Prints the finished line, cut to the width. */
static void end_line(struct details *d)
{
	if (d->line.failed) { /* too long: omitted */
		d->line.failed = false;
		buffer_puts(&d->line, "...");
	}
	columns_pad(d->out, d->indent);
	if (d->options->color)
		buffer_puts(d->out, "\33[2m");
	columns_put_up_to(
		d->out, buffer_slice(&d->line), d->options->width - d->indent, d->options->ascii);
	if (d->options->color)
		buffer_puts(d->out, "\33[0m");
	buffer_puts(d->out, "\n");
	d->line.len = 0;
}

static void put_attr(struct details *d, struct attr *attr, const char *equals)
{
	buffer_put(&d->line, attr->key.ptr, attr->key.len);
	buffer_puts(&d->line, equals);
	value_text(&d->line, &attr->value);
}

static void print_attributes(struct details *d, const struct span *span)
{
	for (size_t i = 0; i < span->attrs.n; i++) {
		put_attr(d, &span->attrs.items[i], " = ");
		end_line(d);
	}
	for (size_t i = 0; i < span->n_links; i++) {
		char trace_id[33], span_id[17];
		hex_print(span->links[i].trace_id, 16, trace_id);
		hex_print(span->links[i].span_id, 8, span_id);
		buffer_printf(&d->line, "link to span %s of trace %s", span_id, trace_id);
		end_line(d);
	}
}

static void print_events(struct details *d, const struct span *span, uint64_t start_ns)
{
	for (size_t i = 0; i < span->n_events; i++) {
		struct event *event = &span->events[i];
		bool is_before = event->time_ns < start_ns;
		buffer_puts(&d->line, is_before ? "at -" : "at +");
		duration_print(&d->line,
			is_before ? start_ns - event->time_ns : event->time_ns - start_ns,
			d->options->ascii);
		buffer_puts(&d->line, "  ");
		buffer_put(&d->line, event->name.ptr, event->name.len);
		for (size_t j = 0; j < event->attrs.n; j++) {
			buffer_puts(&d->line, "  ");
			put_attr(d, &event->attrs.items[j], "=");
		}
		end_line(d);
	}
}

int details_print(struct buffer *out, const struct record *record, uint64_t start_ns,
	const struct look *options, unsigned indent)
{
	unsigned most = options->width / 3;
	struct details d = {out, options, indent < most ? indent : most, {0}};
	struct arena arena;
	struct span span;
	arena_init(&arena, OTLP_ARENA_MAX_BYTES);
	buffer_init(&d.line, LINE_MAX_BYTES);
	int err = otlp_decode_span((struct lt_slice){record->data, record->len}, &arena, &span);
	if (!err && options->attributes)
		print_attributes(&d, &span);
	if (!err && options->events)
		print_events(&d, &span, start_ns);
	buffer_done(&d.line);
	arena_done(&arena);
	return err ? -ENOMEM : 0; /* intake decoded it, so it is not malformed */
}
