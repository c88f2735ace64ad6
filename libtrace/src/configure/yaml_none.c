/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_none.c - in a build without libyaml. */
#include "configure/yaml_tree.h"

#include <errno.h>

int lt_yaml_parse(struct lt_slice text, struct lt_yaml **ret_root, struct lt_yaml_error *ret_error)
{
	*ret_error = (struct lt_yaml_error){0, "this libtrace is built without libyaml"};
	return -ENOTSUP;
}

void lt_yaml_free(struct lt_yaml *node)
{
}
