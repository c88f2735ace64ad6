/* SPDX-License-Identifier: Apache-2.0 */
/* expect_file.c - validates a file of expectations.
 *
 * Unknown keys are errors: a mistyped one would be an expectation that always holds.
 */
#include "show/expect_file.h"

#include "show/matcher.h"

#include <stdio.h>

struct key {
	const char *name; /* NULL ends a list */
	bool (*is_valid)(const json_t *value, char why[EXPECT_FILE_WHY_BYTES]);
};

static bool check_keys(const json_t *object, const struct key *keys, const char *what,
	char why[EXPECT_FILE_WHY_BYTES])
{
	const char *name;
	json_t *value;
	if (!json_is_object(object)) {
		snprintf(why, EXPECT_FILE_WHY_BYTES, "%s must be an object", what);
		return false;
	}
	json_object_foreach((json_t *)object, name, value)
	{
		const struct key *key = keys;
		while (key->name && strcmp(key->name, name) != 0)
			key++;
		if (!key->name) {
			snprintf(why, EXPECT_FILE_WHY_BYTES, "%s has no \"%.60s\"", what, name);
			return false;
		}
		why[0] = '\0';
		if (!key->is_valid(value, why)) {
			char reason[EXPECT_FILE_WHY_BYTES / 2];
			snprintf(reason, sizeof(reason), "%s", why);
			snprintf(why, EXPECT_FILE_WHY_BYTES, "\"%s\"%s%s", key->name,
				*reason ? ": " : " has a wrong value", reason);
			return false;
		}
	}
	return true;
}

/* --- values ------------------------------------------------------------------------------- */

static bool is_matcher(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	char reason[MATCHER_WHY_BYTES];
	if (matcher_is_valid(value, reason))
		return true;
	snprintf(why, EXPECT_FILE_WHY_BYTES, "%s", reason);
	return false;
}

static bool is_range(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	if (json_is_object(value))
		return is_matcher(value, why) && !json_object_get(value, "matches") &&
		       !json_object_get(value, "exists");
	return json_is_number(value);
}

static bool is_matcher_of_each(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	const char *key;
	json_t *matcher;
	if (!json_is_object(value))
		return false;
	json_object_foreach((json_t *)value, key, matcher)
	{
		if (!is_matcher(matcher, why))
			return false;
	}
	return true;
}

static bool is_list_of_matchers(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	size_t i;
	json_t *matcher;
	json_array_foreach(value, i, matcher)
	{
		if (!is_matcher(matcher, why))
			return false;
	}
	return json_is_array(value);
}

static bool is_word_of(const json_t *value, const char *const *words)
{
	const char *text = json_string_value(value);
	while (text && *words) {
		if (strcmp(text, *words++) == 0)
			return true;
	}
	return false;
}

static bool is_kind(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	static const char *const kinds[] = {
		"unspecified", "internal", "server", "client", "producer", "consumer", NULL};
	return is_word_of(value, kinds);
}

static bool is_status(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	static const char *const statuses[] = {"unset", "ok", "error", NULL};
	return is_word_of(value, statuses);
}

/* --- spans and edges ---------------------------------------------------------------------- */

/* A span's name, or an object that identifies it. */
static bool is_selector(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	static const struct key keys[] = {
		{"name", is_matcher}, {"service", is_matcher}, {"kind", is_kind}, {NULL, NULL}};
	return json_is_string(value) ||
	       (check_keys(value, keys, "a span's object", why) && json_object_size(value));
}

static bool is_parent(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	return json_is_null(value) || is_selector(value, why);
}

static bool is_list_of_spans(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	static const struct key keys[] = {{"name", is_matcher}, {"service", is_matcher},
		{"kind", is_kind}, {"status", is_status}, {"status_message", is_matcher},
		{"parent", is_parent}, {"attributes", is_matcher_of_each},
		{"resource", is_matcher_of_each}, {"events", is_list_of_matchers},
		{"duration_ms", is_range}, {"count", is_range}, {NULL, NULL}};
	size_t i;
	json_t *span;
	json_array_foreach(value, i, span)
	{
		if (!check_keys(span, keys, "a span", why))
			return false;
	}
	return json_is_array(value);
}

static bool is_list_of_edges(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	size_t i;
	json_t *edge;
	json_array_foreach(value, i, edge)
	{
		if (json_array_size(edge) != 2) {
			snprintf(why, EXPECT_FILE_WHY_BYTES, "an edge is [parent, child]");
			return false;
		}
		if (!is_selector(json_array_get(edge, 0), why) ||
			!is_selector(json_array_get(edge, 1), why))
			return false;
	}
	return json_is_array(value);
}

static bool is_list_of_texts(const json_t *value, char why[EXPECT_FILE_WHY_BYTES])
{
	size_t i;
	json_t *text;
	json_array_foreach(value, i, text)
	{
		if (!json_is_string(text))
			return false;
	}
	return json_is_array(value);
}

bool expect_file_is_valid(const json_t *root, char why[EXPECT_FILE_WHY_BYTES])
{
	static const struct key keys[] = {{"spans", is_list_of_spans}, {"edges", is_list_of_edges},
		{"services", is_list_of_texts}, {"n_spans", is_range}, {"n_errors", is_range},
		{"duration_ms", is_range}, {NULL, NULL}};
	if (!check_keys(root, keys, "the file", why))
		return false;
	if (json_object_size(root))
		return true;
	snprintf(why, EXPECT_FILE_WHY_BYTES, "the file expects nothing");
	return false;
}
