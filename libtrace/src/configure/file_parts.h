/* SPDX-License-Identifier: Apache-2.0 */
/* file_parts.h - the parts of a provider that sections of a configuration file describe.
 *
 * Each returns a new object, or NULL after an error, which file->err has. */
#ifndef LT_FILE_PARTS_H
#define LT_FILE_PARTS_H

#include "configure/file_reader.h"

#include <libtrace/propagation.h>
#include <libtrace/sdk.h>

/** @param node  a map with one member, the sampler's kind */
struct lt_sampler *lt_file_sampler(struct lt_file *file, struct lt_yaml *node);
/** As the one of composite/development. */
struct lt_composable *lt_file_composable(struct lt_file *file, struct lt_yaml *node);
/** @param list  of rules */
struct lt_composable *lt_file_rules(struct lt_file *file, struct lt_yaml *list);

/** @param node  a map with one member, the exporter's kind, whose name is borrowed */
struct lt_exporter *lt_file_exporter(
	struct lt_file *file, struct lt_yaml *node, const char **ret_kind);
/** @param list  of processors */
struct lt_processor *lt_file_processors(struct lt_file *file, struct lt_yaml *list);

/** @param map  the section "resource"; NULL: there is none */
struct lt_resource *lt_file_resource(struct lt_file *file, struct lt_yaml *map);

/** @param map  the section "propagator"; NULL: there is none.  NULL without an error: the default's
 *   tracecontext and baggage. */
struct lt_propagator *lt_file_propagator(struct lt_file *file, struct lt_yaml *map);

static inline void lt_file_free_sampler(struct lt_sampler *sampler)
{
	if (sampler && sampler->impl->free)
		sampler->impl->free(sampler);
}

static inline void lt_file_free_composable(struct lt_composable *composable)
{
	if (composable && composable->impl->free)
		composable->impl->free(composable);
}

static inline void lt_file_free_processor(struct lt_processor *processor)
{
	if (processor && processor->impl->free)
		processor->impl->free(processor);
}

/** Whether a text is matched by a pattern with ? for any character and * for any number of them. */
bool lt_file_matches(struct lt_slice text, const char *pattern);

#endif
