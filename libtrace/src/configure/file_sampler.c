/* SPDX-License-Identifier: Apache-2.0 */
/* file_sampler.c - the tree of samplers.
 *
 * Source: https://github.com/open-telemetry/opentelemetry-configuration, schema/tracer_provider.yaml
 */
#include "configure/file_parts.h"

#include <string.h>

static bool is_kind(const struct lt_yaml *kind, const char *name)
{
	return strcmp(kind->key, name) == 0;
}

/* The member that another sampler is; reports where it is missing. */
static struct lt_yaml *required(struct lt_file *file, struct lt_yaml *map, const char *key)
{
	struct lt_yaml *member = lt_file_map(file, map, key);
	if (!member)
		lt_file_fail(file, map, "%s has no %s", map->key ? map->key : "an item", key);
	return member;
}

static double ratio_of(struct lt_file *file, struct lt_yaml *kind)
{
	double ratio = 1;
	lt_file_ratio(file, kind, &ratio);
	return ratio;
}

/* NULL without an error: the default. */
static struct lt_sampler *delegate(struct lt_file *file, struct lt_yaml *map, const char *key)
{
	struct lt_yaml *member = lt_file_map(file, map, key);
	return member ? lt_file_sampler(file, member) : NULL;
}

static int parent_based(struct lt_file *file, struct lt_yaml *kind, struct lt_sampler **ret_sampler)
{
	struct lt_parent_based_options options = {.root = delegate(file, kind, "root")};
	options.remote_sampled = delegate(file, kind, "remote_parent_sampled");
	options.remote_not_sampled = delegate(file, kind, "remote_parent_not_sampled");
	options.local_sampled = delegate(file, kind, "local_parent_sampled");
	options.local_not_sampled = delegate(file, kind, "local_parent_not_sampled");
	return lt_sampler_parent_based_with(&options, ret_sampler);
}

static int always_record(
	struct lt_file *file, struct lt_yaml *kind, struct lt_sampler **ret_sampler)
{
	struct lt_yaml *root_node = required(file, kind, "root");
	struct lt_sampler *root = root_node ? lt_file_sampler(file, root_node) : NULL;
	return root ? lt_sampler_always_record_new(root, ret_sampler) : 0;
}

static int composite(struct lt_file *file, struct lt_yaml *kind, struct lt_sampler **ret_sampler)
{
	struct lt_composable *composable = lt_file_composable(file, kind);
	return composable ? lt_sampler_composite_new(composable, ret_sampler) : 0;
}

struct lt_sampler *lt_file_sampler(struct lt_file *file, struct lt_yaml *node)
{
	struct lt_yaml *kind = lt_file_component(file, node, "a sampler");
	struct lt_sampler *sampler = NULL;
	int err = 0;
	if (!kind)
		return NULL;
	if (is_kind(kind, "always_on"))
		sampler = lt_sampler_always_on();
	else if (is_kind(kind, "always_off"))
		sampler = lt_sampler_always_off();
	else if (is_kind(kind, "trace_id_ratio_based") || is_kind(kind, "probability/development"))
		err = lt_sampler_ratio_new(ratio_of(file, kind), &sampler);
	else if (is_kind(kind, "parent_based"))
		err = parent_based(file, kind, &sampler);
	else if (is_kind(kind, "always_record"))
		err = always_record(file, kind, &sampler);
	else if (is_kind(kind, "composite/development"))
		err = composite(file, kind, &sampler);
	else
		lt_file_fail(file, kind, "there is no sampler \"%s\" here", kind->key);
	if (!is_kind(kind, "composite/development"))
		lt_file_end(file, kind);
	if (err)
		lt_file_no_memory(file);
	if (file->err) {
		lt_file_free_sampler(sampler);
		return NULL;
	}
	return sampler;
}

/* --- composable ones ---------------------------------------------------------------------- */

static int parent_threshold(
	struct lt_file *file, struct lt_yaml *kind, struct lt_composable **ret_composable)
{
	struct lt_yaml *root_node = required(file, kind, "root");
	struct lt_composable *root = root_node ? lt_file_composable(file, root_node) : NULL;
	return root ? lt_composable_parent_threshold_new(root, ret_composable) : 0;
}

struct lt_composable *lt_file_composable(struct lt_file *file, struct lt_yaml *node)
{
	struct lt_yaml *kind = lt_file_component(file, node, "a composable sampler");
	struct lt_composable *composable = NULL;
	int err = 0;
	if (!kind)
		return NULL;
	if (is_kind(kind, "always_on"))
		composable = lt_composable_always_on();
	else if (is_kind(kind, "always_off"))
		composable = lt_composable_always_off();
	else if (is_kind(kind, "probability"))
		err = lt_composable_probability_new(ratio_of(file, kind), &composable);
	else if (is_kind(kind, "parent_threshold"))
		err = parent_threshold(file, kind, &composable);
	else if (is_kind(kind, "rule_based"))
		composable = lt_file_rules(file, lt_file_list(file, kind, "rules"));
	else
		lt_file_fail(file, kind, "there is no composable sampler \"%s\" here", kind->key);
	lt_file_end(file, kind);
	if (err)
		lt_file_no_memory(file);
	if (file->err) {
		lt_file_free_composable(composable);
		return NULL;
	}
	return composable;
}
