/* SPDX-License-Identifier: Apache-2.0 */
/* file_rules.c - the rules of a rule-based sampler: conditions that must all hold. */
#include "configure/file_parts.h"
#include "util/slice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_MAX_BYTES 32

struct texts {
	char **items;
	size_t n;
};

struct conditions {
	char *values_key, *patterns_key; /* NULL: no such condition */
	struct texts values, included, excluded;
	unsigned kinds; /* a bit for each enum lt_kind; 0: any */
	unsigned parents;
};

enum { NO_PARENT, REMOTE_PARENT, LOCAL_PARENT };

/* Owns what lt_composable_rule_based_new() borrows. */
struct rules {
	struct lt_composable super;
	struct lt_composable *based;
	struct conditions *conditions;
	size_t n;
};

/* --- matching ----------------------------------------------------------------------------- */

static struct lt_slice text_of(const struct lt_attr *attr, char number[NUMBER_MAX_BYTES])
{
	switch (attr->type) {
	case LT_TYPE_STRING:
		return attr->value.string;
	case LT_TYPE_BOOL:
		return lt_slice(attr->value.boolean ? "true" : "false");
	case LT_TYPE_INT:
		snprintf(number, NUMBER_MAX_BYTES, "%" PRId64, attr->value.integer);
		return lt_slice(number);
	case LT_TYPE_DOUBLE:
		snprintf(number, NUMBER_MAX_BYTES, "%.17g", attr->value.number);
		return lt_slice(number);
	default:
		return (struct lt_slice){NULL, 0};
	}
}

static struct lt_slice item_text(
	const struct lt_attr *array, uint32_t i, char number[NUMBER_MAX_BYTES])
{
	struct lt_attr item = lt_attr_of("", LT_TYPE_NONE, 0);
	if (array->type == LT_TYPE_STRING_ARRAY)
		item = lt_strn("", array->value.strings[i]);
	else if (array->type == LT_TYPE_BOOL_ARRAY)
		item = lt_bool("", array->value.booleans[i]);
	else if (array->type == LT_TYPE_INT_ARRAY)
		item = lt_int("", array->value.integers[i]);
	else if (array->type == LT_TYPE_DOUBLE_ARRAY)
		item = lt_double("", array->value.numbers[i]);
	return text_of(&item, number);
}

static bool any_equals(const struct texts *texts, struct lt_slice text)
{
	for (size_t i = 0; i < texts->n; i++) {
		if (lt_slice_equal(text, lt_slice(texts->items[i])))
			return true;
	}
	return false;
}

static bool any_matches(const struct texts *patterns, struct lt_slice text)
{
	for (size_t i = 0; i < patterns->n; i++) {
		if (lt_file_matches(text, patterns->items[i]))
			return true;
	}
	return false;
}

static bool is_value(const struct conditions *conditions, struct lt_slice text)
{
	return any_equals(&conditions->values, text);
}

static bool is_in_pattern(const struct conditions *conditions, struct lt_slice text)
{
	return (!conditions->included.n || any_matches(&conditions->included, text)) &&
	       !any_matches(&conditions->excluded, text);
}

/* Of an array: whether an item holds. */
static bool attr_holds(const struct lt_attr *attr, const struct conditions *conditions,
	bool (*holds)(const struct conditions *conditions, struct lt_slice text))
{
	char number[NUMBER_MAX_BYTES];
	struct lt_slice text = text_of(attr, number);
	if (text.ptr)
		return holds(conditions, text);
	for (uint32_t i = 0; i < attr->n_items; i++) {
		text = item_text(attr, i, number);
		if (text.ptr && holds(conditions, text))
			return true;
	}
	return false;
}

/* key NULL: there is no such condition. */
static bool key_holds(const struct lt_sampling_parameters *parameters, const char *key,
	const struct conditions *conditions,
	bool (*holds)(const struct conditions *conditions, struct lt_slice text))
{
	for (size_t i = 0; key && i < parameters->n_attrs; i++) {
		if (lt_slice_equal(parameters->attrs[i].key, lt_slice(key)))
			return attr_holds(&parameters->attrs[i], conditions, holds);
	}
	return !key;
}

static bool matches(const struct lt_sampling_parameters *parameters, void *user)
{
	const struct conditions *conditions = user;
	unsigned parent = !parameters->parent	       ? NO_PARENT
			  : parameters->parent->remote ? REMOTE_PARENT
						       : LOCAL_PARENT;
	return (!conditions->kinds || conditions->kinds >> parameters->kind & 1) &&
	       (!conditions->parents || conditions->parents >> parent & 1) &&
	       key_holds(parameters, conditions->values_key, conditions, is_value) &&
	       key_holds(parameters, conditions->patterns_key, conditions, is_in_pattern);
}

/* --- reading ------------------------------------------------------------------------------ */

static size_t count(const struct lt_yaml *list)
{
	size_t n = 0;
	for (const struct lt_yaml *item = list->first; item; item = item->next)
		n++;
	return n;
}

static void read_texts(
	struct lt_file *file, struct lt_yaml *map, const char *key, struct texts *texts)
{
	struct lt_yaml *list = lt_file_list(file, map, key);
	if (!list)
		return;
	texts->items = calloc(count(list), sizeof(*texts->items));
	if (!texts->items)
		lt_file_no_memory(file);
	for (struct lt_yaml *item = list->first; item && !file->err; item = item->next) {
		const char *text = lt_file_text_of(file, item);
		if (text && !(texts->items[texts->n++] = strdup(text)))
			lt_file_no_memory(file);
	}
}

static char *read_key(struct lt_file *file, struct lt_yaml *map)
{
	const char *key = NULL;
	lt_file_text(file, map, "key", &key);
	if (!key)
		lt_file_fail(file, map, "%s has no key", map->key);
	char *copy = key ? strdup(key) : NULL;
	if (key && !copy)
		lt_file_no_memory(file);
	return copy;
}

/* A bit for each. */
static unsigned read_words(struct lt_file *file, struct lt_yaml *map, const char *key,
	const char *const *words, size_t n)
{
	struct lt_yaml *list = lt_file_list(file, map, key);
	unsigned bits = 0;
	for (struct lt_yaml *item = list ? list->first : NULL; item && !file->err;
		item = item->next) {
		const char *text = lt_file_text_of(file, item);
		size_t i = 0;
		while (text && i < n && strcmp(text, words[i]) != 0)
			i++;
		if (text && i == n)
			lt_file_fail(file, item, "%s: there is no \"%s\"", key, text);
		bits |= 1u << i;
	}
	return bits;
}

static void read_conditions(
	struct lt_file *file, struct lt_yaml *rule, struct conditions *conditions)
{
	static const char *const kinds[] = {[LT_KIND_INTERNAL] = "internal",
		[LT_KIND_SERVER] = "server",
		[LT_KIND_CLIENT] = "client",
		[LT_KIND_PRODUCER] = "producer",
		[LT_KIND_CONSUMER] = "consumer"};
	static const char *const parents[] = {
		[NO_PARENT] = "none", [REMOTE_PARENT] = "remote", [LOCAL_PARENT] = "local"};
	struct lt_yaml *values = lt_file_map(file, rule, "attribute_values");
	struct lt_yaml *patterns = lt_file_map(file, rule, "attribute_patterns");
	if (values) {
		conditions->values_key = read_key(file, values);
		read_texts(file, values, "values", &conditions->values);
		if (!conditions->values.n)
			lt_file_fail(file, values, "attribute_values has no values");
		lt_file_end(file, values);
	}
	if (patterns) {
		conditions->patterns_key = read_key(file, patterns);
		read_texts(file, patterns, "included", &conditions->included);
		read_texts(file, patterns, "excluded", &conditions->excluded);
		lt_file_end(file, patterns);
	}
	conditions->kinds = read_words(file, rule, "span_kinds", kinds, 5);
	conditions->parents = read_words(file, rule, "parent", parents, 3);
}

/* --- the sampler -------------------------------------------------------------------------- */

static void intend(struct lt_composable *self, const struct lt_sampling_parameters *parameters,
	struct lt_sampling_intent *intent)
{
	struct lt_composable *based = ((struct rules *)self)->based;
	based->impl->intend(based, parameters, intent);
}

static void free_texts(struct texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->items[i]);
	free(texts->items);
}

static void free_rules(struct lt_composable *self)
{
	struct rules *rules = (struct rules *)self;
	lt_file_free_composable(rules->based);
	for (size_t i = 0; i < rules->n; i++) {
		free(rules->conditions[i].values_key);
		free(rules->conditions[i].patterns_key);
		free_texts(&rules->conditions[i].values);
		free_texts(&rules->conditions[i].included);
		free_texts(&rules->conditions[i].excluded);
	}
	free(rules->conditions);
	free(rules);
}

/* Delegates that have been made are in the array in any case. */
static void read_rules(struct lt_file *file, struct lt_yaml *list, struct rules *rules,
	struct lt_sampling_rule *made)
{
	for (struct lt_yaml *rule = list->first; rule && !file->err; rule = rule->next) {
		struct conditions *conditions = &rules->conditions[rules->n];
		if (!lt_file_is_map(file, rule))
			return;
		made[rules->n++] = (struct lt_sampling_rule){matches, conditions, NULL};
		read_conditions(file, rule, conditions);
		struct lt_yaml *sampler = lt_file_map(file, rule, "sampler");
		if (!sampler)
			lt_file_fail(file, rule, "a rule has no sampler");
		else
			made[rules->n - 1].delegate = lt_file_composable(file, sampler);
		lt_file_end(file, rule);
	}
}

struct lt_composable *lt_file_rules(struct lt_file *file, struct lt_yaml *list)
{
	static const struct lt_composable_impl impl = {.intend = intend, .free = free_rules};
	size_t n = list ? count(list) : 0;
	struct rules *rules = calloc(1, sizeof(*rules));
	struct lt_sampling_rule *made = calloc(n + 1, sizeof(*made));
	if (rules)
		rules->conditions = calloc(n + 1, sizeof(*rules->conditions));
	if (!rules || !rules->conditions || !made)
		lt_file_no_memory(file);
	else if (list)
		read_rules(file, list, rules, made);
	if (!file->err && lt_composable_rule_based_new(made, n, &rules->based) != 0) {
		n = 0; /* taken */
		lt_file_no_memory(file);
	}
	if (file->err) {
		for (size_t i = 0; made && i < n; i++)
			lt_file_free_composable(made[i].delegate);
		if (rules)
			free_rules(&rules->super);
		free(made);
		return NULL;
	}
	free(made);
	rules->super.impl = &impl;
	return &rules->super;
}
