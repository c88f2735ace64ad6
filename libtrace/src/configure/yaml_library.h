/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_library.h - libyaml, which libtrace is not linked with: only a program that has a
 * configuration file loads it. */
#ifndef LT_YAML_LIBRARY_H
#define LT_YAML_LIBRARY_H

#include <stdbool.h>
#include <yaml.h>

struct lt_yaml_library {
	__typeof__(yaml_parser_initialize) *parser_initialize;
	__typeof__(yaml_parser_set_input_string) *parser_set_input_string;
	__typeof__(yaml_parser_parse) *parser_parse;
	__typeof__(yaml_parser_delete) *parser_delete;
	__typeof__(yaml_event_delete) *event_delete;
	void *handle;
};

/** Loads it, for lt_yaml_library_close(). @return false: there is none, or not all of it. */
bool lt_yaml_library_open(struct lt_yaml_library *ret_library);
void lt_yaml_library_close(struct lt_yaml_library *library);

#endif
