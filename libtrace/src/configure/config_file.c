/* SPDX-License-Identifier: Apache-2.0 */
#include "configure/config_file.h"

#include "configure/file_parts.h"
#include "util/config.h"
#include "util/encode_buffer.h"
#include "util/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1024 * 1024)
#define SCHEMA_MINOR 2 /* of the newest one that is known here */

/* --- the file ----------------------------------------------------------------------------- */

static int read_all(int fd, struct lt_buffer *out)
{
	ssize_t n;
	do {
		char *to = lt_buffer_reserve(out, 4096);
		if (!to)
			return -ENOMEM;
		n = read(fd, to, 4096);
		if (n < 0 && errno != EINTR)
			return -errno;
		out->len += n > 0 ? (size_t)n : 0;
		if (out->len > FILE_MAX_BYTES)
			return -EFBIG;
	} while (n != 0);
	return 0;
}

static int read_path(const char *path, struct lt_buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int err = read_all(fd, out);
	close(fd);
	return err;
}

/* The tree, which may be NULL without an error. */
static struct lt_yaml *parse(struct lt_file *file)
{
	struct lt_buffer text = {0};
	struct lt_yaml *root = NULL;
	struct lt_yaml_error error;
	int err = read_path(file->path, &text);
	if (err) {
		lt_file_fail(file, NULL, "%s", strerror(-err));
		file->err = err;
	} else if ((err = lt_yaml_parse((struct lt_slice){text.bytes, text.len}, &root, &error)) !=
		   0) {
		lt_file_fail(file, error.line ? &(struct lt_yaml){.line = error.line} : NULL, "%s",
			error.text);
		file->err = err;
	}
	lt_buffer_done(&text);
	return root;
}

/* "1.0" to "1.x", also of a newer x: then there may be keys that are not known here. */
static void check_format(struct lt_file *file, struct lt_yaml *root)
{
	const char *format = NULL;
	uint64_t minor = 0;
	lt_file_text(file, root, "file_format", &format);
	if (file->err)
		return;
	struct lt_slice text = lt_slice(format);
	if (!format || !lt_slice_starts_with(text, lt_slice("1.")) ||
		!lt_slice_to_uint(
			(struct lt_slice){text.ptr + 2, strcspn(text.ptr + 2, "-")}, &minor)) {
		lt_file_fail(file, format ? lt_file_member(root, "file_format") : NULL,
			"file_format \"%s\" is none of 1.x", format ? format : "");
		return;
	}
	if (minor > SCHEMA_MINOR)
		lt_report(LT_LEVEL_WARN,
			"OTEL_CONFIG_FILE %s: file_format %s is newer than 1.%d, which is known "
			"here",
			file->path, format, SCHEMA_MINOR);
}

/* --- sections ----------------------------------------------------------------------------- */

static enum lt_level log_level(struct lt_file *file, struct lt_yaml *root)
{
	static const char *const words[] = {"trace", "trace2", "trace3", "trace4", "debug",
		"debug2", "debug3", "debug4", "info", "info2", "info3", "info4", "warn", "warn2",
		"warn3", "warn4", "error", "error2", "error3", "error4", "fatal", "fatal2",
		"fatal3", "fatal4"};
	static const enum lt_level levels[] = {LT_LEVEL_DEBUG, LT_LEVEL_DEBUG, LT_LEVEL_INFO,
		LT_LEVEL_WARN, LT_LEVEL_ERROR, LT_LEVEL_NONE}; /* of four words each */
	size_t word = 8;
	lt_file_word(file, root, "log_level", words, sizeof(words) / sizeof(words[0]), &word);
	return levels[word / 4];
}

/* A limit of 0 is one; UINT32_MAX: not set. */
static void read_limit(struct lt_file *file, struct lt_yaml *map, const char *key, int64_t min,
	uint32_t *ret_limit)
{
	int64_t limit = -1;
	lt_file_int(file, map, key, min, UINT32_MAX - 1, &limit);
	if (limit >= 0)
		*ret_limit = limit ? (uint32_t)limit : LT_LIMIT_ZERO;
}

/* Those of all signals, which the span's own replace. */
static void read_attribute_limits(
	struct lt_file *file, struct lt_yaml *map, struct lt_span_limits *limits)
{
	uint32_t depth = 0;
	read_limit(file, map, "attribute_count_limit", 0, &limits->attr_count);
	read_limit(file, map, "attribute_value_length_limit", 0, &limits->attr_value_length);
	read_limit(file, map, "attribute_value_depth_limit", 1, &depth);
	if (depth)
		limits->attr_value_depth = depth;
}

static void read_limits(struct lt_file *file, struct lt_yaml *root, struct lt_yaml *provider,
	struct lt_span_limits *limits)
{
	struct lt_yaml *general = lt_file_map(file, root, "attribute_limits");
	struct lt_yaml *own = lt_file_map(file, provider, "limits");
	read_attribute_limits(file, general, limits);
	read_attribute_limits(file, own, limits);
	read_limit(file, own, "event_count_limit", 0, &limits->event_count);
	read_limit(file, own, "link_count_limit", 0, &limits->link_count);
	read_limit(file, own, "event_attribute_count_limit", 0, &limits->event_attr_count);
	read_limit(file, own, "link_attribute_count_limit", 0, &limits->link_attr_count);
	lt_file_end(file, general);
	lt_file_end(file, own);
}

static void check_id_generator(struct lt_file *file, struct lt_yaml *provider)
{
	struct lt_yaml *node = lt_file_map(file, provider, "id_generator");
	struct lt_yaml *kind = node ? lt_file_component(file, node, "id_generator") : NULL;
	if (kind && strcmp(kind->key, "random") != 0)
		lt_file_fail(file, kind, "there is no id_generator \"%s\" here", kind->key);
}

static struct lt_yaml *processors_of(struct lt_file *file, struct lt_yaml *provider)
{
	struct lt_yaml *processors = lt_file_list(file, provider, "processors");
	if (!processors)
		lt_file_fail(file, provider, "tracer_provider has no processors");
	return processors;
}

static void read_provider(
	struct lt_file *file, struct lt_yaml *provider, struct lt_config_file *config)
{
	struct lt_yaml *sampler = lt_file_map(file, provider, "sampler");
	if (sampler)
		config->sampler = lt_file_sampler(file, sampler);
	check_id_generator(file, provider);
	struct lt_yaml *processors = processors_of(file, provider);
	if (processors && !file->err)
		config->processor = lt_file_processors(file, processors);
	lt_file_end(file, provider);
}

/* Signals and settings of others. */
static void pass_over(struct lt_yaml *root)
{
	static const char *const keys[] = {
		"meter_provider", "logger_provider", "instrumentation/development", "distribution"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)lt_file_member(root, keys[i]);
}

static void read_root(struct lt_file *file, struct lt_yaml *root, struct lt_config_file *config)
{
	struct lt_yaml *provider = lt_file_map(file, root, "tracer_provider");
	config->log_level = log_level(file, root);
	lt_file_bool(file, root, "disabled", &config->is_disabled);
	read_limits(file, root, provider, &config->limits);
	config->resource = lt_file_resource(file, lt_file_map(file, root, "resource"));
	config->propagator = lt_file_propagator(file, lt_file_map(file, root, "propagator"));
	if (provider && !file->err)
		read_provider(file, provider, config);
	config->is_disabled |= !provider;
	pass_over(root);
	lt_file_end(file, root);
}

static void free_propagator(struct lt_propagator *propagator)
{
	if (propagator && propagator->impl->free)
		propagator->impl->free(propagator);
}

/* The tree of the file that the variable names; NULL: file->err tells. */
static struct lt_yaml *open_file(struct lt_file *file, char **ret_path)
{
	char *path = lt_config_copy("OTEL_CONFIG_FILE");
	*file = (struct lt_file){path ? path : "", 0};
	*ret_path = path;
	if (!path) {
		lt_file_no_memory(file);
		return NULL;
	}
	struct lt_yaml *root = parse(file);
	if (!file->err && (!root || root->type != LT_YAML_MAP))
		lt_file_fail(file, root, "is no map");
	if (!file->err)
		check_format(file, root);
	return root;
}

int lt_config_file_read(struct lt_config_file *ret_config)
{
	struct lt_config_file config = {.log_level = LT_LEVEL_INFO};
	struct lt_file file;
	char *path;
	struct lt_yaml *root = open_file(&file, &path);
	if (!file.err)
		read_root(&file, root, &config);
	lt_yaml_free(root);
	free(path);
	if (file.err) {
		lt_resource_free(config.resource);
		lt_file_free_sampler(config.sampler);
		lt_file_free_processor(config.processor);
		free_propagator(config.propagator);
		return file.err;
	}
	*ret_config = config;
	return 0;
}

int lt_config_file_exporters(
	void (*visit)(const char *kind, struct lt_exporter *exporter, void *user), void *user)
{
	struct lt_file file;
	char *path;
	struct lt_yaml *root = open_file(&file, &path);
	struct lt_yaml *provider = file.err ? NULL : lt_file_map(&file, root, "tracer_provider");
	struct lt_yaml *list = provider ? processors_of(&file, provider) : NULL;
	for (struct lt_yaml *item = list ? list->first : NULL; item && !file.err;
		item = item->next) {
		const char *kind = "";
		struct lt_yaml *processor = lt_file_component(&file, item, "a processor");
		struct lt_yaml *node = processor ? lt_file_map(&file, processor, "exporter") : NULL;
		struct lt_exporter *exporter = node ? lt_file_exporter(&file, node, &kind) : NULL;
		if (exporter)
			visit(kind, exporter, user);
	}
	lt_yaml_free(root);
	free(path);
	return file.err;
}
