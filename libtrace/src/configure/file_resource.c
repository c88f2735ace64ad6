/* SPDX-License-Identifier: Apache-2.0 */
/* file_resource.c - the section "resource".
 *
 * Source: https://github.com/open-telemetry/opentelemetry-configuration, schema/resource.yaml
 */
#include "configure/file_parts.h"
#include "util/config.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/semconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTRS_MAX 256
#define DETECTORS_MAX 16

struct attrs {
	struct lt_attr items[ATTRS_MAX];
	void *arrays[ATTRS_MAX]; /* of the items; NULL: it has none */
	size_t n;
	char *list; /* what those of attributes_list point into */
};

/* --- attributes --------------------------------------------------------------------------- */

/* The kind of a value by the schema's word; an array's is that of its items, later. */
static const char *const types[] = {"string", "bool", "int", "double", "string_array", "bool_array",
	"int_array", "double_array"};
#define N_SCALARS 4

static const enum lt_type type_of[] = {LT_TYPE_STRING, LT_TYPE_BOOL, LT_TYPE_INT, LT_TYPE_DOUBLE,
	LT_TYPE_STRING_ARRAY, LT_TYPE_BOOL_ARRAY, LT_TYPE_INT_ARRAY, LT_TYPE_DOUBLE_ARRAY};

/* A scalar into the i-th place of an array of its type. */
static void read_scalar(
	struct lt_file *file, const struct lt_yaml *node, size_t type, void *items, size_t i)
{
	bool is_number = node->type == LT_YAML_INT || node->type == LT_YAML_DOUBLE;
	if (type == 0) {
		((struct lt_slice *)items)[i] = lt_slice(lt_file_text_of(file, node));
	} else if (type == 1 && node->type == LT_YAML_BOOL) {
		((bool *)items)[i] = node->boolean;
	} else if (type == 2 && node->type == LT_YAML_INT) {
		((int64_t *)items)[i] = node->integer;
	} else if (type == 3 && is_number) {
		((double *)items)[i] = node->number;
	} else {
		lt_file_fail(file, node, "a value is no %s", types[type]);
	}
}

static void read_array(struct lt_file *file, const struct lt_yaml *value, size_t type,
	struct lt_attr *attr, void **ret_array)
{
	size_t n = 0;
	if (value->type != LT_YAML_LIST) {
		lt_file_fail(file, value, "a value is no %s", types[type]);
		return;
	}
	for (const struct lt_yaml *item = value->first; item; item = item->next)
		n++;
	*ret_array = calloc(n + 1, sizeof(struct lt_slice)); /* the largest type */
	if (!*ret_array)
		lt_file_no_memory(file);
	attr->n_items = (uint32_t)n & 0x7fffffffu;
	attr->value.items = *ret_array;
	n = 0;
	for (const struct lt_yaml *item = value->first; item && !file->err; item = item->next)
		read_scalar(file, item, type - N_SCALARS, *ret_array, n++);
}

/* One whose value is null is left out. */
static void read_attribute(struct lt_file *file, struct lt_yaml *item, struct attrs *attrs)
{
	const char *name = NULL;
	size_t type = 0;
	if (!lt_file_is_map(file, item))
		return;
	lt_file_text(file, item, "name", &name);
	lt_file_word(file, item, "type", types, sizeof(types) / sizeof(types[0]), &type);
	const struct lt_yaml *value = lt_file_member(item, "value");
	lt_file_end(file, item);
	if (!name || !value)
		lt_file_fail(file, item, "an attribute has no %s", name ? "value" : "name");
	if (file->err || value->type == LT_YAML_NULL)
		return;
	if (attrs->n == ATTRS_MAX) {
		lt_file_fail(file, item, "more than %d attributes", ATTRS_MAX);
		return;
	}
	struct lt_attr *attr = &attrs->items[attrs->n];
	*attr = lt_attr_of(name, type_of[type], 0);
	if (type >= N_SCALARS)
		read_array(file, value, type, attr, &attrs->arrays[attrs->n]);
	else
		read_scalar(file, value, type, &attr->value, 0);
	attrs->n++;
}

/* As OTEL_RESOURCE_ATTRIBUTES: all of it, or nothing. */
static void read_list(struct lt_file *file, struct lt_yaml *map, struct attrs *attrs)
{
	const char *text = NULL;
	struct lt_config_pair pair;
	size_t n_before = attrs->n;
	int n = 0;
	lt_file_text(file, map, "attributes_list", &text);
	char *rest = attrs->list = text ? strdup(text) : NULL;
	if (text && !rest)
		lt_file_no_memory(file);
	while (!file->err && attrs->n < ATTRS_MAX && (n = lt_config_next_pair(&rest, &pair)) > 0)
		attrs->items[attrs->n++] = lt_str(pair.key, pair.value);
	if (n < 0) {
		lt_report(LT_LEVEL_ERROR,
			"OTEL_CONFIG_FILE %s: attributes_list is not a list of key=value, and left "
			"out whole",
			file->path);
		attrs->n = n_before;
	}
}

static void read_attributes(struct lt_file *file, struct lt_yaml *map, struct attrs *attrs)
{
	read_list(file, map, attrs);
	struct lt_yaml *list = lt_file_list(file, map, "attributes");
	for (struct lt_yaml *item = list ? list->first : NULL; item && !file->err;
		item = item->next)
		read_attribute(file, item, attrs);
}

/* --- detectors ---------------------------------------------------------------------------- */

static bool is_any(struct lt_file *file, struct lt_yaml *list, struct lt_slice key)
{
	for (struct lt_yaml *item = list ? list->first : NULL; item && !file->err;
		item = item->next) {
		const char *pattern = lt_file_text_of(file, item);
		if (pattern && lt_file_matches(key, pattern))
			return true;
	}
	return false;
}

/* The names of the schema are the library's. */
static size_t read_detectors(
	struct lt_file *file, struct lt_yaml *map, struct lt_resource_detector **detectors)
{
	struct lt_yaml *list = lt_file_list(file, map, "detectors");
	size_t n = 0;
	for (struct lt_yaml *item = list ? list->first : NULL; item && !file->err;
		item = item->next) {
		struct lt_yaml *kind = lt_file_component(file, item, "a detector");
		struct lt_resource_detector *detector =
			kind ? lt_resource_detector(kind->key) : NULL;
		if (kind && !detector)
			lt_file_fail(
				file, kind, "there is no resource detector \"%s\" here", kind->key);
		else if (n == DETECTORS_MAX)
			lt_file_fail(file, item, "more than %d detectors", DETECTORS_MAX);
		else if (detector)
			detectors[n++] = detector;
		lt_file_end(file, kind);
	}
	return n;
}

/* The service detector's name of OTEL_SERVICE_NAME, which counts as unset for the library. */
static void add_service_name(
	struct lt_resource_detector *const *detectors, size_t n, struct attrs *attrs)
{
	struct lt_slice name = lt_slice_trim(lt_slice(secure_getenv("OTEL_SERVICE_NAME")));
	for (size_t i = 0; i < n && name.len; i++) {
		if (detectors[i] == lt_resource_detector("service"))
			attrs->items[attrs->n++] = lt_strn(LT_SERVICE_NAME, name);
	}
}

/* What detectors find; with a filter a copy of what passes it, whose instance id a fork's child
 * keeps.  Attributes of the environment go to the front of attrs. */
static struct lt_resource *detect(struct lt_file *file, struct lt_yaml *map, struct attrs *attrs)
{
	struct lt_yaml *section = lt_file_map(file, map, "detection/development");
	struct lt_yaml *filter = lt_file_map(file, section, "attributes");
	struct lt_yaml *included = lt_file_list(file, filter, "included");
	struct lt_yaml *excluded = lt_file_list(file, filter, "excluded");
	struct lt_resource_detector *detectors[DETECTORS_MAX];
	struct lt_resource *found = NULL, *passed = NULL;
	size_t n = read_detectors(file, section, detectors), n_passed = 0;
	struct lt_attr items[ATTRS_MAX];
	lt_file_end(file, filter);
	lt_file_end(file, section);
	if (!file->err && lt_resource_detect(detectors, n, &found) != 0)
		lt_file_no_memory(file);
	if (file->err)
		return NULL;
	add_service_name(detectors, n, attrs);
	if (!included && !excluded)
		return found;
	const struct lt_attributes *all = lt_resource_attributes(found);
	for (uint32_t i = 0; i < all->n && n_passed < ATTRS_MAX; i++) {
		struct lt_slice key = all->items[i].key;
		if ((!included || is_any(file, included, key)) && !is_any(file, excluded, key))
			items[n_passed++] = all->items[i];
	}
	if (!file->err && lt_resource_create(items, n_passed, NULL, &passed) != 0)
		lt_file_no_memory(file);
	lt_resource_free(found);
	return passed;
}

/* --- the section -------------------------------------------------------------------------- */

/* The specification's default resource. */
static int create_default(struct lt_resource **ret_resource)
{
	char service[256];
	snprintf(service, sizeof(service), "unknown_service:%s", program_invocation_short_name);
	const struct lt_attr attrs[] = {lt_str(LT_SERVICE_NAME, service),
		lt_str(LT_TELEMETRY_SDK_NAME, "libtrace"), lt_str(LT_TELEMETRY_SDK_LANGUAGE, "c"),
		lt_str(LT_TELEMETRY_SDK_VERSION, lt_version())};
	return lt_resource_create(
		attrs, sizeof(attrs) / sizeof(attrs[0]), LT_SEMCONV_SCHEMA_URL, ret_resource);
}

/* A schema URL of the file's stands for the whole. */
static int merge(const struct lt_resource *detected, const struct attrs *attrs,
	const char *schema_url, struct lt_resource **ret_resource)
{
	struct lt_resource *basis = NULL, *both = NULL, *own = NULL, *all = NULL;
	int err = create_default(&basis);
	if (!err)
		err = lt_resource_merge(basis, detected, &both);
	if (!err)
		err = lt_resource_create(attrs->items, attrs->n, NULL, &own);
	if (!err)
		err = lt_resource_merge(both, own, &all);
	if (!err && schema_url) {
		const struct lt_attributes *merged = lt_resource_attributes(all);
		err = lt_resource_create(merged->items, merged->n, schema_url, ret_resource);
		lt_resource_free(all);
	} else if (!err) {
		*ret_resource = all;
	}
	lt_resource_free(basis);
	lt_resource_free(both);
	lt_resource_free(own);
	return err;
}

struct lt_resource *lt_file_resource(struct lt_file *file, struct lt_yaml *map)
{
	struct attrs *attrs = calloc(1, sizeof(*attrs));
	struct lt_resource *resource = NULL;
	const char *schema_url = NULL;
	if (!attrs) {
		lt_file_no_memory(file);
		return NULL;
	}
	struct lt_resource *detected = detect(file, map, attrs);
	read_attributes(file, map, attrs);
	lt_file_text(file, map, "schema_url", &schema_url);
	lt_file_end(file, map);
	if (!file->err && merge(detected, attrs, schema_url, &resource) != 0)
		lt_file_no_memory(file);
	lt_resource_free(detected);
	for (size_t i = 0; i < attrs->n; i++)
		free(attrs->arrays[i]);
	free(attrs->list);
	free(attrs);
	return resource;
}
