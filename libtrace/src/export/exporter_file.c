/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_file.c - OTLP as lines of JSON, for a log's reader or a Collector's otlpjsonfile receiver.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
 */
#include "encode/encode.h"
#include "export/output_file.h"
#include "util/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct file {
	struct lt_exporter super;
	struct lt_output_file output;
	struct lt_buffer line;
	bool is_torn; /* the last line may lack its end */
};

static int export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct file *file = (struct file *)self;
	lt_buffer_reset(&file->line);
	if (file->is_torn) /* what it has is a line of its own, and spoils no other */
		lt_buffer_add_char(&file->line, '\n');
	lt_otlp_json_encode(&file->line, spans, n);
	lt_buffer_add_char(&file->line, '\n');
	if (file->line.failed)
		return -ENOMEM;
	int err = lt_output_file_write(&file->output, &file->line, timeout_ms);
	file->is_torn = err != 0;
	return err;
}

static int flush(struct lt_exporter *self, unsigned timeout_ms)
{
	return lt_output_file_sync(&((struct file *)self)->output);
}

static void free_file(struct lt_exporter *self)
{
	struct file *file = (struct file *)self;
	lt_output_file_done(&file->output);
	lt_buffer_done(&file->line);
	free(file);
}

int lt_exporter_file_new(const char *path, struct lt_exporter **ret_exporter)
{
	static const struct lt_exporter_impl impl = {.export_spans = export,
		.flush = flush,
		.free = free_file,
		.type = "otlp_file_span_exporter"};
	struct lt_slice name = lt_slice(path);
	struct file *file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	if (lt_slice_is_word(name, "-"))
		name.len = 0;
	file->super.impl = &impl;
	if (lt_output_file_init(&file->output, name, STDOUT_FILENO) != 0) {
		free(file);
		return -ENOMEM;
	}
	*ret_exporter = &file->super;
	return 0;
}
