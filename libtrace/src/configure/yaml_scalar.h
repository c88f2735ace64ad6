/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h - a scalar's text: references to variables, and its type. */
#ifndef LT_YAML_SCALAR_H
#define LT_YAML_SCALAR_H

#include "configure/yaml_node.h"

/**
 * Replaces ${NAME}, ${env:NAME} and ${NAME:-default}, and $$ by $; what has been put in is not
 * looked at again.  In a program with more rights than its caller's every variable is unset.
 * @param ret_text  new
 * @return 0, -EINVAL for a malformed reference, or -ENOMEM
 * Source:
 * https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution
 */
int lt_yaml_substitute(struct lt_slice text, char **ret_text);

/** Fills a node's type and value by its text, which was not in quotes.
 * Source: https://yaml.org/spec/1.2.2/#103-core-schema */
void lt_yaml_resolve(struct lt_yaml *node);

#endif
