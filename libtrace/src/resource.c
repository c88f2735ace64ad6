/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - what made the spans: SDK, process, host, and what the user says of the service.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 *         https://opentelemetry.io/docs/specs/semconv/resource/
 */
#include "resource.h"

#include "config.h"
#include "ids.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <libtrace/semconv.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Not the user's to fill without end: an environment may be large, a resource should not. */
static const struct lt_attribute_limits limits = {.count = 256, .value_length = 4096};

static void set(struct lt_resource *resource, struct lt_attr attr)
{
	lt_attributes_add(&resource->attrs, &resource->arena, &limits, &attr, 1);
}

static void set_instance_id(struct lt_resource *resource)
{
	/* A version 4 UUID, https://www.rfc-editor.org/rfc/rfc9562#section-5.4 */
	uint64_t high = (lt_ids_random() & ~UINT64_C(0xf000)) | 0x4000;
	uint64_t low = (lt_ids_random() >> 2) | UINT64_C(1) << 63;
	char text[37];
	snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
		(unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xffff, (unsigned)(low >> 48),
		(unsigned long long)(low & UINT64_C(0xffffffffffff)));
	set(resource, lt_str(LT_SERVICE_INSTANCE_ID, text));
}

static void set_process(struct lt_resource *resource)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
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

static void set_known(struct lt_resource *resource)
{
	char service[256];
	snprintf(service, sizeof service, "unknown_service:%s", program_invocation_short_name);
	set(resource, lt_str(LT_SERVICE_NAME, service));
	set_instance_id(resource);
	set(resource, lt_str(LT_TELEMETRY_SDK_NAME, "libtrace"));
	set(resource, lt_str(LT_TELEMETRY_SDK_LANGUAGE, "c"));
	set(resource, lt_str(LT_TELEMETRY_SDK_VERSION, LT_VERSION));
	set_process(resource);
}

/* All of it or nothing:
 * https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
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

int lt_resource_new(const struct lt_attr *attrs, size_t n, struct lt_resource **ret_resource)
{
	struct lt_resource *resource = calloc(1, sizeof *resource);
	if (!resource)
		return -ENOMEM;
	lt_arena_init(&resource->arena, resource->bytes, sizeof resource->bytes);
	set_known(resource);
	set_from_variable(resource);
	set(resource, lt_strn(LT_SERVICE_NAME, lt_config_text("OTEL_SERVICE_NAME")));
	lt_attributes_add(&resource->attrs, &resource->arena, &limits, attrs, n);
	*ret_resource = resource;
	return 0;
}

void lt_resource_free(struct lt_resource *resource)
{
	if (!resource)
		return;
	lt_arena_done(&resource->arena);
	free(resource);
}

const struct lt_attributes *lt_resource_attributes(const struct lt_resource *resource)
{
	static const struct lt_attributes none;
	return resource ? &resource->attrs : &none;
}
