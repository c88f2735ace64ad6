/* SPDX-License-Identifier: Apache-2.0 */
/* resource.h - the attributes that all spans of a program share. */
#ifndef LT_RESOURCE_H
#define LT_RESOURCE_H

#include "trace/attributes.h"

#include <libtrace/sdk.h>

struct lt_resource {
	struct lt_attributes attrs;
	struct lt_attributes_room room; /* of attrs */
	struct lt_resource *next;
	/* The attributes that a fork's child changes; NULL where the user has set them. */
	struct lt_attr *own_pid, *own_instance_id;
	struct lt_arena arena;
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[1024]; /* of the arena: enough for most */
};

#endif
