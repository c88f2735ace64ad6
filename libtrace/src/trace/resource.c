/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - what made the spans: SDK, process, host, and the user's attributes of the service.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 *         https://opentelemetry.io/docs/specs/semconv/resource/
 */
#include "trace/resource.h"

#include "util/config.h"
#include "util/ids.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <libtrace/semconv.h>
#include <libtrace/testing.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

/* An environment may be large; a resource should not be. */
static const struct lt_attribute_limits limits = {.count = 256, .value_length = 4096};

static void set(struct lt_resource *resource, struct lt_attr attr)
{
	lt_attributes_add(&resource->attrs, &resource->room, &resource->arena, &limits, &attr, 1);
}

#define UUID_LEN 36

/* A version 4 UUID, https://www.rfc-editor.org/rfc/rfc9562#section-5.4 */
static void print_uuid(char text[UUID_LEN + 1])
{
	uint64_t high = (lt_ids_random() & ~UINT64_C(0xf000)) | 0x4000;
	uint64_t low = (lt_ids_random() >> 2) | UINT64_C(1) << 63;
	snprintf(text, UUID_LEN + 1, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
		(unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xffff, (unsigned)(low >> 48),
		(unsigned long long)(low & UINT64_C(0xffffffffffff)));
}

static void set_instance_id(struct lt_resource *resource)
{
	char text[UUID_LEN + 1];
	print_uuid(text);
	set(resource, lt_str(LT_SERVICE_INSTANCE_ID, text));
}

static void set_process(struct lt_resource *resource)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n > 0) {
		path[n] = '\0';
		set(resource, lt_str(LT_PROCESS_EXECUTABLE_PATH, path));
	}
	set(resource, lt_str(LT_PROCESS_EXECUTABLE_NAME, program_invocation_short_name));
	set(resource, lt_int(LT_PROCESS_PID, getpid()));

	struct utsname host;
	if (uname(&host) == 0)
		set(resource, lt_str(LT_HOST_NAME, host.nodename));
}

/* Returns the instance's id. */
static const char *set_known(struct lt_resource *resource)
{
	char service[256];
	snprintf(service, sizeof(service), "unknown_service:%s", program_invocation_short_name);
	set(resource, lt_str(LT_SERVICE_NAME, service));
	set_instance_id(resource);
	set(resource, lt_str(LT_TELEMETRY_SDK_NAME, "libtrace"));
	set(resource, lt_str(LT_TELEMETRY_SDK_LANGUAGE, "c"));
	set(resource, lt_str(LT_TELEMETRY_SDK_VERSION, LT_VERSION));
	set_process(resource);
	const struct lt_attr *id = lt_attributes_find(&resource->attrs, LT_SERVICE_INSTANCE_ID);
	return id ? id->value.string.ptr : NULL;
}

/* All of it or nothing:
 *
 * https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable */
static void set_from_variable(struct lt_resource *resource)
{
	char *check = lt_config_copy("OTEL_RESOURCE_ATTRIBUTES");
	if (!check)
		return;
	char *text = strdup(check), *rest = check;
	struct lt_config_pair pair;
	int n = text ? 0 : -ENOMEM;
	while (n >= 0 && (n = lt_config_next_pair(&rest, &pair)) > 0)
		;
	if (n < 0) {
		lt_report(LT_LEVEL_ERROR,
			"OTEL_RESOURCE_ATTRIBUTES is not a list of key=value, and left out whole");
	} else {
		rest = text;
		while (lt_config_next_pair(&rest, &pair) > 0)
			set(resource, lt_str(pair.key, pair.value));
	}
	free(check);
	free(text);
}

/* --- forks -------------------------------------------------------------------------------- */

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct lt_resource *all;

static pthread_once_t once = PTHREAD_ONCE_INIT;

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
			char text[UUID_LEN + 1];
			print_uuid(text);
			memcpy((char *)resource->own_instance_id->value.string.ptr, text, UUID_LEN);
		}
	}
	pthread_mutex_unlock(&all_lock);
}

/* The handlers of ids.c, which reseed the child, are registered before: set_known() has run. */
static void watch_forks(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
}

/* The attributes of this process that set_known() has set and nothing has replaced. */
static void find_own(struct lt_resource *resource, const char *known_instance_id)
{
	struct lt_attr *pid =
		(struct lt_attr *)lt_attributes_find(&resource->attrs, LT_PROCESS_PID);
	struct lt_attr *id =
		(struct lt_attr *)lt_attributes_find(&resource->attrs, LT_SERVICE_INSTANCE_ID);
	if (pid && pid->type == LT_TYPE_INT && pid->value.integer == getpid())
		resource->own_pid = pid;
	if (id && id->type == LT_TYPE_STRING && id->value.string.ptr == known_instance_id)
		resource->own_instance_id = id;
}

static void join_all(struct lt_resource *resource)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&all_lock);
	resource->next = all;
	all = resource;
	pthread_mutex_unlock(&all_lock);
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

/* --- the interface ------------------------------------------------------------------------ */

int lt_resource_new(const struct lt_attr *attrs, size_t n, struct lt_resource **ret_resource)
{
	struct lt_resource *resource = calloc(1, sizeof(*resource));
	if (!resource)
		return -ENOMEM;
	lt_arena_init(&resource->arena, resource->bytes, sizeof(resource->bytes));
	const char *known_instance_id = set_known(resource);
	set_from_variable(resource);
	set(resource, lt_strn(LT_SERVICE_NAME, lt_config_text("OTEL_SERVICE_NAME")));
	lt_attributes_add(&resource->attrs, &resource->room, &resource->arena, &limits, attrs, n);
	find_own(resource, known_instance_id);
	join_all(resource);
	*ret_resource = resource;
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
