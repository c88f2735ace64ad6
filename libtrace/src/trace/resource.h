/* SPDX-License-Identifier: Apache-2.0 */
/* resource.h - the attributes that all spans of a program share. */
#ifndef LT_RESOURCE_H
#define LT_RESOURCE_H

#include "trace/attributes.h"

#include <libtrace/sdk.h>

#define LT_UUID_LEN 36

struct lt_resource {
	struct lt_attributes attrs;
	struct lt_slice schema_url;
	struct lt_attributes_room room; /* of attrs */
	struct lt_resource *next;
	char instance_id[LT_UUID_LEN + 1]; /* made for this process; "": none was */
	/* The attributes that a fork's child changes; NULL where the user has set them. */
	struct lt_attr *own_pid, *own_instance_id;
	struct lt_arena arena;
	_Alignas(LT_ARENA_ALIGNMENT) char bytes[1024]; /* of the arena: enough for most */
};

/** An empty one, to be filled before anybody else sees it; NULL without memory. */
struct lt_resource *lt_resource_begin(void);

/** Sets an attribute, in place of one with that key. */
void lt_resource_set(struct lt_resource *resource, struct lt_attr attr);

/** Sets service.instance.id to a new one, which a fork's child replaces. */
void lt_resource_set_instance_id(struct lt_resource *resource);

/** Sets what another one has.  The schema URL becomes empty, which is reported, where both have one
 * and they differ. */
void lt_resource_add(struct lt_resource *resource, const struct lt_resource *other);

/** It is complete: forks are watched from now on. */
struct lt_resource *lt_resource_end(struct lt_resource *resource);

#endif
