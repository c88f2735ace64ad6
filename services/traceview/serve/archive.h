/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h - loads and saves traces: OTLP JSON, a TracesData per line, gzip'ed if the name ends in
 * .gz, like the collector's file exporter.
 *
 * Failures are logged. Each returns an exit status: 0 to continue, else 1.
 */
#ifndef TRACEVIEW_ARCHIVE_H
#define TRACEVIEW_ARCHIVE_H

#include "store/store.h"

/**
 * Loads a file's traces into the store; fails at the first malformed line. A gzip'ed file is
 * detected by its content.
 * @param may_be_missing  a missing file is not an error
 */
int archive_load(struct store *store, const char *path, bool may_be_missing);

/** Checks that archive_save() will probably be able to write there. */
int archive_check(const char *path);

/** Writes all traces, the least recently changed first, and replaces the file atomically. */
int archive_save(const struct store *store, const char *path);

#endif
