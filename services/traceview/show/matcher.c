/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - compares a value with a matcher. */
#include "show/matcher.h"

#include "otlp/value_text.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX_BYTES ((size_t)1024 * 1024) /* of a value; a longer one matches nothing */
#define SHOWN_BYTES 200			     /* of a value in a message */

static bool is_regex(const json_t *pattern, char why[MATCHER_WHY_BYTES])
{
	regex_t regex;
	const char *text = json_string_value(pattern);
	int err = text ? regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) : REG_BADPAT;
	if (err == 0) {
		regfree(&regex);
		return true;
	}
	snprintf(why, MATCHER_WHY_BYTES, "\"matches\" is no regular expression: %.100s",
		text ? text : "no text");
	return false;
}

bool matcher_is_valid(const json_t *matcher, char why[MATCHER_WHY_BYTES])
{
	const char *key;
	json_t *value;
	if (!json_is_object(matcher))
		return true;
	if (!json_object_size(matcher)) {
		snprintf(why, MATCHER_WHY_BYTES, "{} asserts nothing");
		return false;
	}
	json_object_foreach((json_t *)matcher, key, value)
	{
		bool is_range = strcmp(key, "min") == 0 || strcmp(key, "max") == 0;
		if (strcmp(key, "matches") == 0) {
			if (!is_regex(value, why))
				return false;
		} else if (!(is_range && json_is_number(value)) &&
			   !(strcmp(key, "exists") == 0 && json_is_boolean(value))) {
			snprintf(why, MATCHER_WHY_BYTES,
				"\"%.60s\" is not \"matches\" with a text, \"min\" or \"max\" with "
				"a number, or \"exists\" with true or false",
				key);
			return false;
		}
	}
	return true;
}

static bool is_match(const char *pattern, struct lt_slice text)
{
	regex_t regex;
	struct buffer copy;
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	buffer_init(&copy, TEXT_MAX_BYTES);
	buffer_put(&copy, text.ptr, text.len);
	buffer_put(&copy, "", 1);
	bool found = !copy.failed && regexec(&regex, copy.data, 0, NULL, 0) == 0;
	buffer_done(&copy);
	regfree(&regex);
	return found;
}

static bool is_within(const json_t *matcher, double number)
{
	const json_t *min = json_object_get(matcher, "min"), *max = json_object_get(matcher, "max");
	return (!min || number >= json_number_value(min)) &&
	       (!max || number <= json_number_value(max));
}

static bool has_range(const json_t *matcher)
{
	return json_object_get(matcher, "min") || json_object_get(matcher, "max");
}

bool matcher_holds_for_number(const json_t *matcher, double number)
{
	return json_is_object(matcher)
		       ? is_within(matcher, number)
		       : json_is_number(matcher) && json_number_value(matcher) == number;
}

bool matcher_holds_for_text(const json_t *matcher, struct lt_slice text)
{
	const struct value value = {.type = VALUE_STRING, .string = text};
	return matcher_holds(matcher, &value);
}

/* Arrays and lists are compared in their JSON form. */
static bool is_equal_json(const json_t *matcher, struct lt_slice text)
{
	json_t *json = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL);
	bool equal = json && json_equal(json, (json_t *)matcher);
	json_decref(json);
	return equal;
}

static bool is_equal(const json_t *matcher, const struct value *value, struct lt_slice text)
{
	switch (value->type) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return json_is_string(matcher) &&
		       slice_equal(text, (struct lt_slice){json_string_value(matcher),
						 json_string_length(matcher)});
	case VALUE_BOOL:
		return json_is_boolean(matcher) && json_is_true(matcher) == value->boolean;
	case VALUE_INT:
		return json_is_integer(matcher)
			       ? json_integer_value(matcher) == value->integer
			       : matcher_holds_for_number(matcher, (double)value->integer);
	case VALUE_DOUBLE:
		return matcher_holds_for_number(matcher, value->number);
	case VALUE_NONE:
		return json_is_null(matcher);
	default:
		return is_equal_json(matcher, text);
	}
}

static bool holds_for(const json_t *matcher, const struct value *value, struct lt_slice text)
{
	const json_t *pattern = json_object_get(matcher, "matches");
	if (!json_is_object(matcher))
		return is_equal(matcher, value, text);
	if (pattern && !is_match(json_string_value(pattern), text))
		return false;
	return !has_range(matcher) ||
	       (value->type == VALUE_INT && is_within(matcher, (double)value->integer)) ||
	       (value->type == VALUE_DOUBLE && is_within(matcher, value->number));
}

bool matcher_holds(const json_t *matcher, const struct value *value)
{
	const json_t *exists = json_object_get(matcher, "exists");
	struct value copy; /* sorted by value_text() */
	struct buffer text;
	if (exists && json_is_true(exists) != (value != NULL))
		return false;
	if (!value)
		return exists != NULL;
	copy = *value;
	buffer_init(&text, TEXT_MAX_BYTES);
	value_text(&text, &copy);
	bool holds = !text.failed && holds_for(matcher, value, buffer_slice(&text));
	buffer_done(&text);
	return holds;
}

void matcher_print(struct buffer *out, const json_t *matcher)
{
	char *text = json_dumps(matcher, JSON_ENCODE_ANY | JSON_COMPACT);
	buffer_puts(out, text ? text : "?");
	free(text);
}

void matcher_print_value(struct buffer *out, const struct value *value)
{
	struct buffer text;
	struct value copy;
	if (!value) {
		buffer_puts(out, "not there");
		return;
	}
	copy = *value;
	buffer_init(&text, TEXT_MAX_BYTES);
	value_text(&text, &copy);
	const char *quote = value->type == VALUE_STRING ? "\"" : "";
	buffer_puts(out, quote);
	buffer_put(out, text.data, text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES);
	buffer_puts(out, text.len < SHOWN_BYTES && !text.failed ? quote : "...");
	buffer_done(&text);
}
