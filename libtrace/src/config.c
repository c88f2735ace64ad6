/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - the rules that all OTEL_* variables share. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libtrace/instrumentation.h>
#include <stdlib.h>
#include <strings.h>

const char *lt_config_string(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

uint64_t lt_config_uint(const char *name, uint64_t fallback, uint64_t min, uint64_t max)
{
	const char *text = lt_config_string(name);
	if (!text)
		return fallback;
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*text) || value < min || value > max) {
		lt_report(LT_LEVEL_WARN,
			"%s=\"%s\" is not a whole number from %" PRIu64 " to %" PRIu64
			"; using %" PRIu64,
			name, text, min, max, fallback);
		return fallback;
	}
	return value;
}

bool lt_config_double(const char *name, double *ret_value)
{
	const char *text = lt_config_string(name);
	if (!text)
		return false;
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end) {
		lt_report(LT_LEVEL_WARN, "%s=\"%s\" is not a number; ignored", name, text);
		return false;
	}
	*ret_value = value;
	return true;
}

bool lt_config_bool(const char *name)
{
	const char *text = lt_config_string(name);
	if (!text || strcasecmp(text, "false") == 0)
		return false;
	if (strcasecmp(text, "true") == 0)
		return true;
	lt_report(LT_LEVEL_WARN, "%s=\"%s\" is neither true nor false; taken as false", name, text);
	return false;
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	char *end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

static int percent_decode(char *s)
{
	char *out = s;
	for (; *s; s++) {
		if (*s != '%') {
			*out++ = *s;
			continue;
		}
		if (!isxdigit((unsigned char)s[1]) || !isxdigit((unsigned char)s[2]))
			return -EBADMSG;
		char byte = (char)strtol((char[]){s[1], s[2], '\0'}, NULL, 16);
		if (byte == '\0')
			return -EBADMSG;
		*out++ = byte;
		s += 2;
	}
	*out = '\0';
	return 0;
}

char *lt_config_next_item(char **text)
{
	while (*text) {
		char *item = strsep(text, ",");
		item = trim(item);
		if (*item)
			return item;
	}
	return NULL;
}

int lt_config_next_pair(char **text, struct lt_config_pair *ret_pair)
{
	char *key = lt_config_next_item(text);
	if (!key)
		return 0;
	char *value = strchr(key, '=');
	if (!value)
		return -EBADMSG;
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	if (!*key || percent_decode(key) != 0 || percent_decode(value) != 0)
		return -EBADMSG;
	*ret_pair = (struct lt_config_pair){key, value};
	return 1;
}
