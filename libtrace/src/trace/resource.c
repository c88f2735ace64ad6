/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - a set of attributes that does not change, but for what a fork's child is another of.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 */
#include "trace/resource.h"

#include "util/ids.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <libtrace/semconv.h>
#include <libtrace/testing.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A span's do not hold here; the arena's does.
 * Source: https://opentelemetry.io/docs/specs/otel/common/#exempt-entities */
static const struct lt_attribute_limits limits = {.count = UINT32_MAX, .value_length = UINT32_MAX};

/* --- forks -------------------------------------------------------------------------------- */

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct lt_resource *all;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A version 4 UUID, https://www.rfc-editor.org/rfc/rfc9562#section-5.4 */
static void print_uuid(char text[LT_UUID_LEN + 1])
{
	uint64_t high = (lt_ids_random() & ~UINT64_C(0xf000)) | 0x4000;
	uint64_t low = (lt_ids_random() >> 2) | UINT64_C(1) << 63;
	snprintf(text, LT_UUID_LEN + 1, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
		(unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xffff, (unsigned)(low >> 48),
		(unsigned long long)(low & UINT64_C(0xffffffffffff)));
}

static void before_fork(void)
{
	pthread_mutex_lock(&all_lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&all_lock);
}

/* The child is another process and another instance of the service.  Changed in place: a fork's
 * child may be unable to allocate, and has no other thread that reads them. */
static void in_child(void)
{
	for (struct lt_resource *resource = all; resource; resource = resource->next) {
		if (resource->own_pid)
			resource->own_pid->value.integer = getpid();
		if (resource->own_instance_id) {
			print_uuid(resource->instance_id);
			memcpy((char *)resource->own_instance_id->value.string.ptr,
				resource->instance_id, LT_UUID_LEN);
		}
	}
	pthread_mutex_unlock(&all_lock);
}

/* The handlers of ids.c, which reseed the child, are to be registered before. */
static void watch_forks(void)
{
	(void)lt_ids_random();
	pthread_atfork(before_fork, in_parent, in_child);
}

/* The attributes that are this process's, and that nothing has replaced. */
static void find_own(struct lt_resource *resource)
{
	struct lt_attr *pid =
		(struct lt_attr *)lt_attributes_find(&resource->attrs, LT_PROCESS_PID);
	struct lt_attr *id =
		(struct lt_attr *)lt_attributes_find(&resource->attrs, LT_SERVICE_INSTANCE_ID);
	if (pid && pid->type == LT_TYPE_INT && pid->value.integer == getpid())
		resource->own_pid = pid;
	if (id && id->type == LT_TYPE_STRING && id->value.string.len == LT_UUID_LEN &&
		lt_slice_equal(id->value.string, lt_slice(resource->instance_id)))
		resource->own_instance_id = id;
}

static void leave_all(struct lt_resource *resource)
{
	pthread_mutex_lock(&all_lock);
	for (struct lt_resource **place = &all; *place; place = &(*place)->next) {
		if (*place == resource) {
			*place = resource->next;
			break;
		}
	}
	pthread_mutex_unlock(&all_lock);
}

/* --- making one --------------------------------------------------------------------------- */

struct lt_resource *lt_resource_begin(void)
{
	struct lt_resource *resource = calloc(1, sizeof(*resource));
	if (resource) {
		resource->schema_url = (struct lt_slice){"", 0};
		lt_arena_init(&resource->arena, resource->bytes, sizeof(resource->bytes));
	}
	return resource;
}

void lt_resource_set(struct lt_resource *resource, struct lt_attr attr)
{
	lt_attributes_add(&resource->attrs, &resource->room, &resource->arena, &limits, &attr, 1);
}

void lt_resource_set_instance_id(struct lt_resource *resource)
{
	print_uuid(resource->instance_id);
	lt_resource_set(resource, lt_str(LT_SERVICE_INSTANCE_ID, resource->instance_id));
}

static void set_schema_url(struct lt_resource *resource, struct lt_slice url)
{
	if (!lt_arena_copy(&resource->arena, url, &resource->schema_url))
		resource->schema_url = (struct lt_slice){"", 0};
}

void lt_resource_add(struct lt_resource *resource, const struct lt_resource *other)
{
	struct lt_slice old = resource->schema_url, url = other->schema_url;
	lt_attributes_add(&resource->attrs, &resource->room, &resource->arena, &limits,
		other->attrs.items, other->attrs.n);
	if (other->instance_id[0])
		memcpy(resource->instance_id, other->instance_id, sizeof(other->instance_id));
	if (!old.len) {
		set_schema_url(resource, url);
	} else if (url.len && !lt_slice_equal(old, url)) {
		lt_report(LT_LEVEL_WARN,
			"resources of different schemas are merged, %.*s and %.*s: the result has "
			"none",
			(int)old.len, old.ptr, (int)url.len, url.ptr);
		resource->schema_url = (struct lt_slice){"", 0};
	}
}

struct lt_resource *lt_resource_end(struct lt_resource *resource)
{
	find_own(resource);
	if (resource->attrs.n_dropped)
		lt_report(LT_LEVEL_WARN, "%u attributes of a resource take too much memory",
			resource->attrs.n_dropped);
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&all_lock);
	resource->next = all;
	all = resource;
	pthread_mutex_unlock(&all_lock);
	return resource;
}

/* --- the interface ------------------------------------------------------------------------ */

int lt_resource_create(const struct lt_attr *attrs, size_t n, const char *schema_url,
	struct lt_resource **ret_resource)
{
	struct lt_resource *resource = lt_resource_begin();
	if (!resource)
		return -ENOMEM;
	lt_attributes_add(&resource->attrs, &resource->room, &resource->arena, &limits, attrs, n);
	set_schema_url(resource, lt_slice(schema_url));
	*ret_resource = lt_resource_end(resource);
	return 0;
}

int lt_resource_merge(const struct lt_resource *old, const struct lt_resource *updating,
	struct lt_resource **ret_resource)
{
	struct lt_resource *resource = lt_resource_begin();
	if (!resource)
		return -ENOMEM;
	if (old)
		lt_resource_add(resource, old);
	if (updating)
		lt_resource_add(resource, updating);
	*ret_resource = lt_resource_end(resource);
	return 0;
}

void lt_resource_free(struct lt_resource *resource)
{
	if (!resource)
		return;
	leave_all(resource);
	lt_arena_done(&resource->arena);
	free(resource);
}

const struct lt_attributes *lt_resource_attributes(const struct lt_resource *resource)
{
	static const struct lt_attributes none;
	return resource ? &resource->attrs : &none;
}

struct lt_slice lt_resource_schema_url(const struct lt_resource *resource)
{
	return resource && resource->schema_url.ptr ? resource->schema_url
						    : (struct lt_slice){"", 0};
}
