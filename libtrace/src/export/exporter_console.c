/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_console.c - batches as trees on standard error, or in a file, for a first look without a
 * backend.  Never on standard output, which belongs to the program.
 *
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	GET /checkout  SERVER  1.82 s  http.response.status_code=200 url.path="/checkout"
 *	  POST  CLIENT  1.81 s  http.response.status_code=200
 */
#include "encode/encode_text.h"
#include "export/output_file.h"
#include "util/config.h"

#include <errno.h>
#include <libtrace/sdk.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* of indentation; deeper spans are printed at that depth */

struct console {
	struct lt_exporter super;
	struct lt_output_file output;
	struct lt_buffer text;
};

struct batch { /* what one export() prints */
	const struct lt_span_data *const *spans;
	size_t n;
	bool *printed;
	struct lt_buffer *text;
};

static const char *const kinds[] = {"INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"};

static void add_duration(struct lt_buffer *b, uint64_t ns)
{
	if (ns >= 1000000000)
		lt_buffer_printf(b, "%.2f s", (double)ns / 1e9);
	else if (ns >= 1000000)
		lt_buffer_printf(b, "%.1f ms", (double)ns / 1e6);
	else
		lt_buffer_printf(b, "%.1f us", (double)ns / 1e3);
}

static void add_attrs(struct lt_buffer *b, const struct lt_attributes *attrs)
{
	for (uint32_t i = 0; i < attrs->n; i++) {
		lt_buffer_add_text(b, i ? " " : "  ");
		lt_text_add_clean(b, attrs->items[i].key);
		lt_buffer_add_char(b, '=');
		lt_text_add_value(b, &attrs->items[i]);
	}
}

static void add_span(struct lt_buffer *b, const struct lt_span_data *span, unsigned depth)
{
	lt_buffer_printf(b, "%*s", 2 * (int)depth, "");
	lt_text_add_clean(b, span->name);
	lt_buffer_printf(b, "  %s  ", kinds[span->kind]);
	add_duration(b, span->end_ns > span->start_ns ? span->end_ns - span->start_ns : 0);
	if (span->status == LT_STATUS_ERROR) {
		lt_buffer_add_text(b, span->status_text.len ? "  ERROR: " : "  ERROR");
		lt_text_add_clean(b, span->status_text);
	}
	add_attrs(b, &span->attrs);
	lt_buffer_add_char(b, '\n');
	for (uint32_t i = 0; i < span->n_events; i++) {
		const struct lt_event *event = &span->events[i];
		lt_buffer_printf(b, "%*s- ", 2 * (int)depth + 2, "");
		lt_text_add_clean(b, event->name);
		add_attrs(b, &event->attrs);
		lt_buffer_add_char(b, '\n');
	}
}

static bool is_child(const struct lt_span_data *child, const struct lt_span_data *parent)
{
	return memcmp(child->parent_span_id, parent->context.span_id,
		       sizeof(child->parent_span_id)) == 0 &&
	       memcmp(child->context.trace_id, parent->context.trace_id,
		       sizeof(child->context.trace_id)) == 0;
}

static void print_tree(struct batch *batch, size_t i, unsigned depth)
{
	batch->printed[i] = true;
	add_span(batch->text, batch->spans[i], depth);
	for (size_t j = 0; j < batch->n; j++) {
		if (!batch->printed[j] && is_child(batch->spans[j], batch->spans[i]))
			print_tree(batch, j, depth < DEPTH_MAX ? depth + 1 : depth);
	}
}

static bool has_parent_here(const struct batch *batch, size_t i)
{
	for (size_t j = 0; j < batch->n; j++) {
		if (j != i && is_child(batch->spans[i], batch->spans[j]))
			return true;
	}
	return false;
}

static void print_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (batch->printed[i] || has_parent_here(batch, i))
			continue;
		struct lt_ids ids = lt_span_context_view_ids(&batch->spans[i]->context);
		lt_buffer_printf(batch->text, "trace %s\n", ids.trace_id);
		print_tree(batch, i, 0);
	}
}

static int export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct console *console = (struct console *)self;
	struct batch batch = {spans, n, calloc(n, sizeof(bool)), &console->text};
	if (!batch.printed)
		return -ENOMEM;
	lt_buffer_reset(&console->text);
	print_batch(&batch);
	free(batch.printed);
	if (console->text.failed)
		return -ENOMEM;
	return lt_output_file_write(&console->output, &console->text, timeout_ms);
}

static void free_console(struct lt_exporter *self)
{
	struct console *console = (struct console *)self;
	lt_buffer_done(&console->text);
	lt_output_file_done(&console->output);
	free(console);
}

int lt_exporter_console_new(struct lt_exporter **ret_exporter)
{
	static const struct lt_exporter_impl impl = {
		.export_spans = export, .free = free_console, .type = "console_span_exporter"};
	struct console *console = calloc(1, sizeof(*console));
	if (!console)
		return -ENOMEM;
	console->super.impl = &impl;
	if (lt_output_file_init(
		    &console->output, lt_config_text("OTEL_C_CONSOLE_FILE"), STDERR_FILENO) != 0) {
		free(console);
		return -ENOMEM;
	}
	*ret_exporter = &console->super;
	return 0;
}
