/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_node.h - a node of a YAML document. */
#ifndef LT_YAML_NODE_H
#define LT_YAML_NODE_H

#include <libtrace/trace.h>

enum lt_yaml_type {
	LT_YAML_NULL,
	LT_YAML_BOOL,
	LT_YAML_INT,
	LT_YAML_DOUBLE,
	LT_YAML_TEXT,
	LT_YAML_LIST,
	LT_YAML_MAP,
};

struct lt_yaml {
	enum lt_yaml_type type;
	unsigned line; /* from 1 */
	bool is_read;  /* somebody knows it: the others are reported */
	char *key;     /* of a map's member; else NULL */
	char *text;    /* of a scalar, whatever its type */
	bool boolean;
	int64_t integer;
	double number;		      /* also of an integer */
	struct lt_yaml *first, *next; /* children, siblings */
};

#endif
