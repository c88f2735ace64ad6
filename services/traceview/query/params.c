/* SPDX-License-Identifier: Apache-2.0 */
/* params.c - parses the parameters of a query and their values. */
#include "query/params.h"

#include "base/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

char *percent_decode(struct lt_slice text, bool plus_is_space, struct arena *arena)
{
	char *decoded = arena_alloc(arena, text.len + 1, 1);
	if (!decoded)
		return NULL;
	char *to = decoded;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte;
		if (text.ptr[i] == '%' && i + 2 < text.len &&
			hex_parse((struct lt_slice){text.ptr + i + 1, 2}, &byte, 1)) {
			*to++ = (char)byte;
			i += 2;
		} else {
			*to++ = plus_is_space && text.ptr[i] == '+' ? ' ' : text.ptr[i];
		}
	}
	return decoded;
}

static struct lt_slice cut(struct lt_slice *rest, char separator)
{
	const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
	struct lt_slice first = {rest->ptr, at ? (size_t)(at - rest->ptr) : rest->len};
	size_t skip = first.len + (at != NULL);
	*rest = (struct lt_slice){rest->ptr + skip, rest->len - skip};
	return first;
}

int params_parse(struct params *params, struct lt_slice query, struct arena *arena)
{
	params->n = 0;
	while (query.len && params->n < PARAMS_MAX) {
		struct lt_slice value = cut(&query, '&');
		struct lt_slice name = cut(&value, '=');
		struct param *param = &params->items[params->n++];
		param->name = percent_decode(name, true, arena);
		param->value = percent_decode(value, true, arena);
		if (!param->name || !param->value)
			return -ENOMEM;
	}
	return 0;
}

const char *params_get(const struct params *params, const char *name)
{
	for (size_t i = 0; i < params->n; i++) {
		if (*params->items[i].value && strcmp(params->items[i].name, name) == 0)
			return params->items[i].value;
	}
	return NULL;
}

bool parse_uint64(const char *text, uint64_t *ret)
{
	char *end;
	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return false;
	*ret = value;
	return true;
}

bool parse_int64(const char *text, int64_t *ret)
{
	char *end;
	errno = 0;
	const char *digits = text + (*text == '-' || *text == '+');
	int64_t value = strtoll(text, &end, 10);
	if (*digits < '0' || *digits > '9' || *end || errno)
		return false;
	*ret = value;
	return true;
}

bool parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = {
		"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"};
	size_t n = sizeof(words) / sizeof(words[0]);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret = i < n / 2;
			return true;
		}
	}
	return false;
}

/* One number with its unit, in nanoseconds. */
static bool parse_duration_part(const char **text, double *ret_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9},
		{"h", 3600e9}};
	char *end;
	if ((**text < '0' || **text > '9') && **text != '.')
		return false;
	double number = strtod(*text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);
		if (strncmp(end, units[i].name, n) == 0) {
			*ret_ns = number * units[i].ns;
			*text = end + n;
			return true;
		}
	}
	return false;
}

bool parse_duration(const char *text, int64_t *ret_ns)
{
	double sum_ns = 0, part_ns;
	bool is_negative = *text == '-';
	text += *text == '-' || *text == '+';
	if (strcmp(text, "0") == 0) { /* the one that needs no unit */
		*ret_ns = 0;
		return true;
	}
	do {
		if (!parse_duration_part(&text, &part_ns))
			return false;
		sum_ns += part_ns;
	} while (*text);
	if (!(sum_ns < 9.2e18)) /* 292 years, or not a number */
		return false;
	*ret_ns = is_negative ? -(int64_t)sum_ns : (int64_t)sum_ns;
	return true;
}

/* "Z" or "+02:00", as seconds east of Greenwich. */
static bool parse_offset(const char *text, long *ret_s)
{
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
		*ret_s = 0;
		return true;
	}
	unsigned digits[4];
	static const int places[4] = {1, 2, 4, 5};
	if (strlen(text) != 6 || (*text != '+' && *text != '-') || text[3] != ':')
		return false;
	for (int i = 0; i < 4; i++) {
		digits[i] = (unsigned)(text[places[i]] - '0');
		if (digits[i] > 9)
			return false;
	}
	long offset_s =
		(long)(digits[0] * 10 + digits[1]) * 3600 + (long)(digits[2] * 10 + digits[3]) * 60;
	*ret_s = *text == '-' ? -offset_s : offset_s;
	return true;
}

bool parse_rfc3339(const char *text, uint64_t *ret_ns)
{
	struct tm tm = {.tm_isdst = 0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return false;
	uint64_t fraction_ns = 0;
	if (*rest == '.') {
		uint64_t weight = NS_PER_S / 10;
		const char *digits = ++rest;
		for (; *rest >= '0' && *rest <= '9'; rest++, weight /= 10)
			fraction_ns += (uint64_t)(*rest - '0') * weight;
		if (rest == digits)
			return false;
	}
	long offset_s;
	if (!parse_offset(rest, &offset_s))
		return false;
	int day = tm.tm_mday;
	time_t seconds = timegm(&tm) - offset_s;
	if (tm.tm_mday != day)
		return false; /* the 30th of February, say */
	/* Clamps to the range of 64-bit nanoseconds, 1970 to 2554. */
	if (seconds < 0)
		*ret_ns = 0;
	else if ((uint64_t)seconds >= UINT64_MAX / NS_PER_S)
		*ret_ns = UINT64_MAX;
	else
		*ret_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
	return true;
}
