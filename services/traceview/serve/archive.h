/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h - traces in a file: OTLP JSON, a TracesData per line, gzip'ed where the name ends in
 * .gz.  The collector's file exporter writes the same.
 *
 * Failures are logged.  Each returns what the program is to exit with: 0 to go on, else 1.
 */
#ifndef TRACEVIEW_ARCHIVE_H
#define TRACEVIEW_ARCHIVE_H

#include "store/store.h"

/**
 * Puts a file's traces into the store; with one line that is malformed the file is refused.  A file
 * that is gzip'ed is read as such, whatever its name.
 * @param may_be_missing  then there is nothing to load
 */
int archive_load(struct store *store, const char *path, bool may_be_missing);

/** Whether archive_save() will be able to write there, as far as can be known. */
int archive_check(const char *path);

/** Writes all traces, the least recently changed first, and then replaces the file at once. */
int archive_save(const struct store *store, const char *path);

#endif
