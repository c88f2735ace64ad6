/* SPDX-License-Identifier: Apache-2.0 */
#include "configure/file_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX_BYTES 512 /* of an error */
#define WORDS_MAX_BYTES 128

void lt_file_fail(struct lt_file *file, const struct lt_yaml *node, const char *format, ...)
{
	char text[TEXT_MAX_BYTES], line[32] = "";
	if (file->err)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (node)
		snprintf(line, sizeof(line), "line %u: ", node->line);
	file->err = -EINVAL;
	lt_report(LT_LEVEL_ERROR, "OTEL_CONFIG_FILE %s: %s%s: nothing is traced", file->path, line,
		text);
}

void lt_file_no_memory(struct lt_file *file)
{
	lt_file_fail(file, NULL, "no memory");
	file->err = -ENOMEM;
}

/* --- members ------------------------------------------------------------------------------ */

struct lt_yaml *lt_file_member(struct lt_yaml *map, const char *key)
{
	struct lt_yaml *member = map && map->type == LT_YAML_MAP ? map->first : NULL;
	while (member && strcmp(member->key, key) != 0)
		member = member->next;
	if (member)
		member->is_read = true;
	return member;
}

/* One that has a value. */
static struct lt_yaml *value_of(struct lt_yaml *map, const char *key)
{
	struct lt_yaml *member = lt_file_member(map, key);
	return member && member->type != LT_YAML_NULL ? member : NULL;
}

bool lt_file_is_map(struct lt_file *file, const struct lt_yaml *node)
{
	if (node->type == LT_YAML_MAP)
		return true;
	lt_file_fail(file, node, "%s is no map", node->key ? node->key : "an item");
	return false;
}

struct lt_yaml *lt_file_map(struct lt_file *file, struct lt_yaml *map, const char *key)
{
	struct lt_yaml *member = value_of(map, key);
	return member && lt_file_is_map(file, member) ? member : NULL;
}

struct lt_yaml *lt_file_list(struct lt_file *file, struct lt_yaml *map, const char *key)
{
	struct lt_yaml *member = value_of(map, key);
	if (member && member->type == LT_YAML_LIST && member->first)
		return member;
	if (member)
		lt_file_fail(file, member, "%s is no list with an item", key);
	return NULL;
}

/* --- values ------------------------------------------------------------------------------- */

void lt_file_int(struct lt_file *file, struct lt_yaml *map, const char *key, int64_t min,
	int64_t max, int64_t *ret_value)
{
	const struct lt_yaml *member = value_of(map, key);
	if (!member)
		return;
	if (member->type == LT_YAML_INT && member->integer >= min && member->integer <= max)
		*ret_value = member->integer;
	else
		lt_file_fail(file, member, "%s is no whole number from %" PRId64 " to %" PRId64,
			key, min, max);
}

void lt_file_ratio(struct lt_file *file, struct lt_yaml *map, double *ret_value)
{
	const struct lt_yaml *member = value_of(map, "ratio");
	if (!member)
		return;
	bool is_number = member->type == LT_YAML_INT || member->type == LT_YAML_DOUBLE;
	if (is_number && member->number >= 0 && member->number <= 1)
		*ret_value = member->number;
	else
		lt_file_fail(file, member, "ratio is no number from 0 to 1");
}

void lt_file_bool(struct lt_file *file, struct lt_yaml *map, const char *key, bool *ret_value)
{
	const struct lt_yaml *member = value_of(map, key);
	if (!member)
		return;
	if (member->type == LT_YAML_BOOL)
		*ret_value = member->boolean;
	else
		lt_file_fail(file, member, "%s is neither true nor false", key);
}

const char *lt_file_text_of(struct lt_file *file, const struct lt_yaml *node)
{
	if (node->text && node->type != LT_YAML_NULL)
		return node->text;
	lt_file_fail(file, node, "%s is no text", node->key ? node->key : "an item");
	return NULL;
}

void lt_file_text(struct lt_file *file, struct lt_yaml *map, const char *key, const char **ret_text)
{
	const struct lt_yaml *member = value_of(map, key);
	const char *text = member ? lt_file_text_of(file, member) : NULL;
	if (text)
		*ret_text = text;
}

void lt_file_word(struct lt_file *file, struct lt_yaml *map, const char *key,
	const char *const *words, size_t n, size_t *ret_index)
{
	const struct lt_yaml *member = value_of(map, key);
	const char *text = member ? lt_file_text_of(file, member) : NULL;
	char known[WORDS_MAX_BYTES] = "";
	size_t len = 0;
	for (size_t i = 0; text && i < n; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_index = i;
			return;
		}
		if (len < sizeof(known))
			len += (size_t)snprintf(
				known + len, sizeof(known) - len, "%s%s", i ? ", " : "", words[i]);
	}
	if (text)
		lt_file_fail(file, member, "%s: \"%s\" is none of %s", key, text, known);
}

/* --- components --------------------------------------------------------------------------- */

struct lt_yaml *lt_file_component(struct lt_file *file, struct lt_yaml *map, const char *what)
{
	struct lt_yaml *only = map->type == LT_YAML_MAP ? map->first : NULL;
	if (!only || only->next) {
		lt_file_fail(file, map, "%s is no map with one member, its kind", what);
		return NULL;
	}
	only->is_read = true;
	if (only->type != LT_YAML_NULL && !lt_file_is_map(file, only))
		return NULL;
	return only;
}

void lt_file_end(struct lt_file *file, const struct lt_yaml *map)
{
	const struct lt_yaml *member = map && map->type == LT_YAML_MAP ? map->first : NULL;
	for (; member && !file->err; member = member->next) {
		if (!member->is_read)
			lt_report(LT_LEVEL_WARN,
				"OTEL_CONFIG_FILE %s: line %u: %s is not known here; left out",
				file->path, member->line, member->key);
	}
}
