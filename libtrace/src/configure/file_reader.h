/* SPDX-License-Identifier: Apache-2.0 */
/* file_reader.h - reads the members of a configuration file's maps, each with its type and limits.
 *
 * A member that is missing or null leaves its value as it was.  The first error is reported with
 * its line, and the whole file is then rejected.  A key that nobody reads is reported by
 * lt_file_end(). */
#ifndef LT_FILE_READER_H
#define LT_FILE_READER_H

#include "configure/yaml_tree.h"

#include <libtrace/instrumentation.h>

struct lt_file {
	const char *path; /* for reports */
	int err;	  /* 0 or -Exxx */
};

/** Reports an error of a node's (NULL: of the file). */
void lt_file_fail(struct lt_file *file, const struct lt_yaml *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Reports that there is no memory. */
void lt_file_no_memory(struct lt_file *file);

/** A member, also one that is null; NULL: it is missing, or there is no map. */
struct lt_yaml *lt_file_member(struct lt_yaml *map, const char *key);

/** A member that is a map, a list; NULL: it is missing, null or (reported) another type. */
struct lt_yaml *lt_file_map(struct lt_file *file, struct lt_yaml *map, const char *key);
struct lt_yaml *lt_file_list(struct lt_file *file, struct lt_yaml *map, const char *key);

/** Whether the node is a map; any other is reported. */
bool lt_file_is_map(struct lt_file *file, const struct lt_yaml *node);

void lt_file_int(struct lt_file *file, struct lt_yaml *map, const char *key, int64_t min,
	int64_t max, int64_t *ret_value);
void lt_file_ratio(struct lt_file *file, struct lt_yaml *map, double *ret_value);
void lt_file_bool(struct lt_file *file, struct lt_yaml *map, const char *key, bool *ret_value);

/** Borrowed from the tree.  A number or boolean without quotes is its text. */
void lt_file_text(
	struct lt_file *file, struct lt_yaml *map, const char *key, const char **ret_text);

/** One of n words; its index. */
void lt_file_word(struct lt_file *file, struct lt_yaml *map, const char *key,
	const char *const *words, size_t n, size_t *ret_index);

/** The text of a node, which may be no list or map; NULL after an error. */
const char *lt_file_text_of(struct lt_file *file, const struct lt_yaml *node);

/** The one member of a map that selects a component: its key is the component's name, and it may be
 * null.  NULL after an error. */
struct lt_yaml *lt_file_component(struct lt_file *file, struct lt_yaml *map, const char *what);

/** Reports the members that nobody has read. */
void lt_file_end(struct lt_file *file, const struct lt_yaml *map);

#endif
