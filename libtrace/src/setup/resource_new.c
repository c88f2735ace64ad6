/* SPDX-License-Identifier: Apache-2.0 */
/* resource_new.c - a program's resource: what is detected, what the environment says, what the program
 * says.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 */
#include "setup/detectors.h"
#include "util/config.h"
#include "util/defaults.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <libtrace/semconv.h>
#include <stdio.h>
#include <stdlib.h>

/* The specification's default resource. */
static void set_default(struct lt_resource *resource)
{
	char service[256];
	snprintf(service, sizeof(service), "unknown_service:%s", program_invocation_short_name);
	lt_resource_set(resource, lt_str(LT_SERVICE_NAME, service));
	lt_resource_set(resource, lt_str(LT_TELEMETRY_SDK_NAME, "libtrace"));
	lt_resource_set(resource, lt_str(LT_TELEMETRY_SDK_LANGUAGE, "c"));
	lt_resource_set(resource, lt_str(LT_TELEMETRY_SDK_VERSION, LT_VERSION));
	resource->schema_url = lt_slice(LT_SEMCONV_SCHEMA_URL);
}

static void set_detected(struct lt_resource *resource)
{
	struct lt_slice list = lt_config_text("OTEL_C_RESOURCE_DETECTORS"), name;
	if (!list.ptr)
		list = lt_slice(LT_DEFAULT_DETECTORS);
	while (lt_config_next_item(&list, &name)) {
		if (!lt_resource_detect_named(resource, name) && !lt_slice_is_word(name, "none"))
			lt_report(LT_LEVEL_WARN,
				"OTEL_C_RESOURCE_DETECTORS: \"%.*s\" is none of service, process, "
				"host, "
				"os, container, k8s, none; left out",
				(int)name.len, name.ptr);
	}
}

/* A service has a name: an empty one counts as absent. */
static void set(struct lt_resource *resource, struct lt_attr attr)
{
	bool is_nameless = lt_slice_is_word(attr.key, LT_SERVICE_NAME) &&
			   attr.type == LT_TYPE_STRING && !attr.value.string.len;
	if (!is_nameless)
		lt_resource_set(resource, attr);
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

int lt_resource_new(const struct lt_attr *attrs, size_t n, struct lt_resource **ret_resource)
{
	struct lt_resource *resource = lt_resource_begin();
	if (!resource)
		return -ENOMEM;
	set_default(resource);
	set_detected(resource);
	set_from_variable(resource);
	set(resource, lt_strn(LT_SERVICE_NAME, lt_config_text("OTEL_SERVICE_NAME")));
	for (size_t i = 0; attrs && i < n; i++)
		set(resource, attrs[i]);
	*ret_resource = lt_resource_end(resource);
	return 0;
}
