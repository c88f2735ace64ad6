/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_names.c - accepts OTLP's JSON members in snake_case, as in the .proto files.
 *
 * OTLP requires lowerCamelCase; some protobuf libraries write snake_case, and proto3's parsers
 * accept both. Only requests with snake_case names pay for it.
 *
 * Source: https://protobuf.dev/programming-guides/json/
 */
#include "otlp/otlp_json.h"

#include <errno.h>

#define NAME_BYTES 64 /* of a member; all known names are shorter */

static bool has_underscore(const char *name)
{
	return strchr(name, '_') != NULL;
}

/* False for a name that is too long. */
static bool to_camel_case(const char *name, char ret_name[NAME_BYTES])
{
	size_t n = 0;
	for (; *name && n < NAME_BYTES - 1; name++) {
		bool is_hump = *name == '_' && name[1] >= 'a' && name[1] <= 'z';
		ret_name[n++] = is_hump ? (char)(*++name - 'a' + 'A') : *name;
	}
	ret_name[n] = '\0';
	return !*name;
}

/* A member in lowerCamelCase overrides one in snake_case. */
static int rename_member(json_t *from, json_t *to, const char *name, json_t *value)
{
	char camel_case[NAME_BYTES];
	if (has_underscore(name) && to_camel_case(name, camel_case)) {
		if (json_object_get(from, camel_case))
			return 0;
		name = camel_case;
	}
	return json_object_set(to, name, value) ? -ENOMEM : 0;
}

static int rename_members(json_t *object)
{
	const char *name;
	json_t *value, *renamed = json_object();
	int err = renamed ? 0 : -ENOMEM;
	json_object_foreach(object, name, value)
	{
		if (!err)
			err = rename_member(object, renamed, name, value);
	}
	if (!err && (json_object_clear(object) || json_object_update(object, renamed)))
		err = -ENOMEM;
	json_decref(renamed);
	return err;
}

static bool has_snake_case(json_t *object)
{
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value)
	{
		if (has_underscore(name))
			return true;
	}
	return false;
}

int json_names_to_camel_case(json_t *json)
{
	const char *name;
	size_t i;
	json_t *value;
	int err = json_is_object(json) && has_snake_case(json) ? rename_members(json) : 0;
	json_object_foreach(json, name, value)
	{
		if (!err)
			err = json_names_to_camel_case(value);
	}
	json_array_foreach(json, i, value)
	{
		if (!err)
			err = json_names_to_camel_case(value);
	}
	return err;
}
