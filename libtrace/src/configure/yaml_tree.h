/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_tree.h - a YAML document as a tree, references to variables replaced.
 *
 * Scalars have the types of YAML 1.2's core schema, after the replacement.  Aliases are copies of
 * what they stand for.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/data-model/
 */
#ifndef LT_YAML_TREE_H
#define LT_YAML_TREE_H

#include "configure/yaml_node.h"

struct lt_yaml_error {
	unsigned line; /* 0: of the whole */
	char text[128];
};

/**
 * @param ret_root   new; NULL for an empty document
 * @return 0, -EINVAL for what is no such document, -ENOTSUP where there is no libyaml, or -ENOMEM;
 *   ret_error tells more
 */
int lt_yaml_parse(struct lt_slice text, struct lt_yaml **ret_root, struct lt_yaml_error *ret_error);
void lt_yaml_free(struct lt_yaml *node);

#endif
