/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - see settings.h. */
#include "settings.h"
#include "agent.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define MAX_EXCLUDED 64	       /* paths in OTEL_C_EXCLUDED_URLS */
#define MAX_EXCLUDED_BYTES 256 /* of one */

/* Copied, since the program may change its environment. */
static struct {
	char text[MAX_EXCLUDED_BYTES];
	size_t len; /* not 0 */
} excluded[MAX_EXCLUDED];
static size_t n_excluded;

static const char *value_of(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void say_unknown(const char *name, const char *value, const char *const *words, size_t n)
{
	char known[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < n && len < sizeof(known); i++)
		len += (size_t)snprintf(
			known + len, sizeof(known) - len, "%s%s", i ? ", " : "", words[i]);
	lt_report(LT_LEVEL_WARN, "%s=%s is none of %s: ignored", name, value, known);
}

size_t settings_choice(const char *name, const char *const *words, size_t n, size_t otherwise)
{
	const char *value = value_of(name);

	if (!value)
		return otherwise;
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(value, words[i]) == 0)
			return i;
	}
	say_unknown(name, value, words, n);
	return otherwise;
}

unsigned settings_ms(const char *name, unsigned otherwise)
{
	const char *value = value_of(name);
	char *end;

	if (!value)
		return otherwise;
	errno = 0;
	unsigned long ms = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || ms > 3600000) {
		lt_report(LT_LEVEL_WARN,
			"%s=%s is not a number of milliseconds up to 3600000: ignored", name,
			value);
		return otherwise;
	}
	return (unsigned)ms;
}

static struct lt_slice trim(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct lt_slice){from, (size_t)(to - from)};
}

size_t settings_list(const char *name, const char *otherwise, size_t max, struct lt_slice *items)
{
	const char *value = value_of(name);
	size_t n = 0;

	if (!value)
		value = otherwise;
	while (value) {
		const char *comma = strchrnul(value, ',');
		struct lt_slice item = trim(value, comma);
		if (item.len && n == max) {
			lt_report(LT_LEVEL_WARN, "%s: only the first %zu are used", name, max);
			break;
		}
		if (item.len)
			items[n++] = item;
		value = *comma ? comma + 1 : NULL;
	}
	return n;
}

void settings_init(void)
{
	struct lt_slice paths[MAX_EXCLUDED];
	const size_t n =
		settings_list("OTEL_C_EXCLUDED_URLS", "/healthz,/readyz", MAX_EXCLUDED, paths);

	n_excluded = 0;
	for (size_t i = 0; i < n; i++) {
		if (paths[i].len > MAX_EXCLUDED_BYTES) {
			lt_report(LT_LEVEL_WARN,
				"OTEL_C_EXCLUDED_URLS: a path of more than %d bytes is ignored",
				MAX_EXCLUDED_BYTES);
			continue;
		}
		memcpy(excluded[n_excluded].text, paths[i].ptr, paths[i].len);
		excluded[n_excluded++].len = paths[i].len;
	}
}

/* An entry that ends in "*" names all paths that begin as it does. */
static bool begins(struct lt_slice path, const char *entry, size_t len)
{
	return path.len >= len && memcmp(path.ptr, entry, len) == 0;
}

bool agent_excludes(struct lt_slice path)
{
	for (size_t i = 0; i < n_excluded; i++) {
		const char *entry = excluded[i].text;
		const size_t len = excluded[i].len;
		if (entry[len - 1] == '*' ? begins(path, entry, len - 1)
					  : path.len == len && begins(path, entry, len))
			return true;
	}
	return false;
}
