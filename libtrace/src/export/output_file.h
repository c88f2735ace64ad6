/* SPDX-License-Identifier: Apache-2.0 */
/* output_file.h - where the console and the file exporter write: one of the standard streams, or the
 * end of a file. */
#ifndef LT_OUTPUT_FILE_H
#define LT_OUTPUT_FILE_H

#include "util/encode_buffer.h"

struct lt_output_file {
	char *path; /* absolute; NULL: stream */
	int stream; /* a descriptor of the program's */
};

/** @param path  copied; empty: stream  @return 0 or -ENOMEM */
int lt_output_file_init(struct lt_output_file *file, struct lt_slice path, int stream);

/** Appends text within timeout_ms (0: no limit); opened for each call, so that a program may close
 * all descriptors in between.  @return 0; -EAGAIN when the time has passed, with a part written perhaps; another -Exxx,
 * reported for a path */
int lt_output_file_write(
	const struct lt_output_file *file, const struct lt_buffer *text, unsigned timeout_ms);

/** Waits until what was written is on the disk; 0 for what is no file. */
int lt_output_file_sync(const struct lt_output_file *file);

void lt_output_file_done(struct lt_output_file *file);

#endif
