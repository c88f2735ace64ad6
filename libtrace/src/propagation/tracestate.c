/* SPDX-License-Identifier: Apache-2.0 */
/* tracestate.c - W3C tracestate: members "key=value" between commas. */
#include "propagation/tracestate.h"

#include "util/slice.h"

#include <ctype.h>
#include <errno.h>

#define MEMBERS_MAX 32	  /* https://www.w3.org/TR/trace-context-2/#list */
#define KEY_MAX_BYTES 256 /* https://www.w3.org/TR/trace-context-2/#key */
#define VALUE_MAX_BYTES 256
#define LONG_MEMBER_BYTES 128 /* the first to go when the list is too long */

static bool is_key_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_key_char(char c)
{
	return is_key_start(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
}

static bool key_is_valid(struct lt_slice key)
{
	if (key.len == 0 || key.len > KEY_MAX_BYTES || !is_key_start(key.ptr[0]))
		return false;
	for (size_t i = 1; i < key.len; i++) {
		if (!is_key_char(key.ptr[i]))
			return false;
	}
	return true;
}

static bool value_is_valid(struct lt_slice value)
{
	if (value.len == 0 || value.len > VALUE_MAX_BYTES || value.ptr[value.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < 0x20 || value.ptr[i] > 0x7e || value.ptr[i] == '=')
			return false;
	}
	return true;
}

static bool member_is_valid(struct lt_slice member)
{
	const char *equals = memchr(member.ptr, '=', member.len);
	if (!equals)
		return false;
	size_t key_len = (size_t)(equals - member.ptr);
	return key_is_valid((struct lt_slice){member.ptr, key_len}) &&
	       value_is_valid((struct lt_slice){equals + 1, member.len - key_len - 1});
}

static bool key_is_in(const char *list, struct lt_slice member)
{
	size_t key_len =
		(size_t)((const char *)memchr(member.ptr, '=', member.len) - member.ptr) + 1;
	for (const char *p = list; p; p = strchr(p, ',')) {
		if (*p == ',')
			p++;
		if (strncmp(p, member.ptr, key_len) == 0)
			return true;
	}
	return false;
}

/* Takes members over LONG_MEMBER_BYTES out of the list until `need` more bytes fit. */
static void drop_long_members(char *list, size_t need)
{
	for (char *member = list; *member && strlen(list) + need > LT_TRACESTATE_MAX;) {
		char *end = strchrnul(member, ',');
		if (end - member > LONG_MEMBER_BYTES)
			memmove(member, *end ? end + 1 : end, strlen(*end ? end + 1 : end) + 1);
		else
			member = *end ? end + 1 : end;
	}
	size_t len = strlen(list);
	if (len && list[len - 1] == ',')
		list[len - 1] = '\0';
}

static void append_member(char *list, struct lt_slice member)
{
	size_t need = member.len + 1; /* with its comma */
	if (strlen(list) + need > LT_TRACESTATE_MAX) {
		if (member.len > LONG_MEMBER_BYTES)
			return;
		drop_long_members(list, need);
	}
	size_t len = strlen(list);
	if (len + need > LT_TRACESTATE_MAX)
		return;
	if (len)
		list[len++] = ',';
	memcpy(list + len, member.ptr, member.len);
	list[len + member.len] = '\0';
}

int lt_tracestate_append(
	struct lt_slice value, char list[LT_TRACESTATE_MAX + 1], unsigned *n_members)
{
	while (value.ptr) {
		const char *comma = value.len ? memchr(value.ptr, ',', value.len) : NULL;
		size_t len = comma ? (size_t)(comma - value.ptr) : value.len;
		struct lt_slice member = lt_slice_trim_ows((struct lt_slice){value.ptr, len});
		value = comma ? (struct lt_slice){comma + 1, value.len - len - 1}
			      : (struct lt_slice){NULL, 0};
		if (member.len == 0)
			continue; /* empty members are allowed */
		if (!member_is_valid(member))
			return -EBADMSG;
		if (key_is_in(list, member))
			continue; /* the first is the newest: each vendor prepends its member */
		if (++*n_members > MEMBERS_MAX)
			return -EBADMSG;
		append_member(list, member);
	}
	return 0;
}

size_t lt_tracestate_clean(struct lt_slice text, char list[LT_TRACESTATE_MAX + 1])
{
	unsigned n_members = 0;
	list[0] = '\0';
	if (lt_tracestate_append(text, list, &n_members) != 0)
		list[0] = '\0';
	return strlen(list);
}
