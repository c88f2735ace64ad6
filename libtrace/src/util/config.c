/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - the rules that all OTEL_* variables share. */
#include "util/config.h"

#include "util/slice.h"

#include <errno.h>
#include <inttypes.h>
#include <libtrace/instrumentation.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_MAX_BYTES 64 /* a longer one is invalid */
#define WORDS_MAX_BYTES 256 /* of the valid words in a report */

static int hex_value(char c)
{
	if (lt_is_digit(c))
		return c - '0';
	c = lt_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* --- values --------------------------------------------------------------------------------- */

bool lt_config_has_file(void)
{
	return lt_slice_trim(lt_slice(secure_getenv("OTEL_CONFIG_FILE"))).len != 0;
}

/* Source:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#declarative-configuration */
static bool is_replaced_by_file(const char *name)
{
	return strncmp(name, "OTEL_", 5) == 0 && strncmp(name, "OTEL_C_", 7) != 0 &&
	       strcmp(name, "OTEL_CONFIG_FILE") != 0 && lt_config_has_file();
}

struct lt_slice lt_config_text(const char *name)
{
	if (is_replaced_by_file(name))
		return (struct lt_slice){0};
	struct lt_slice text = lt_slice_trim(lt_slice(secure_getenv(name)));
	return text.len ? text : (struct lt_slice){0};
}

char *lt_config_copy(const char *name)
{
	struct lt_slice text = lt_config_text(name);
	return text.ptr ? strndup(text.ptr, text.len) : NULL;
}

uint64_t lt_config_uint(const char *name, uint64_t fallback, uint64_t min, uint64_t max)
{
	struct lt_slice text = lt_config_text(name);
	if (!text.ptr)
		return fallback;
	uint64_t value;
	if (!lt_slice_to_uint(text, &value) || value < min || value > max) {
		lt_report(LT_LEVEL_WARN,
			"%s=\"%.*s\" is not a whole number from %" PRIu64 " to %" PRIu64
			"; using %" PRIu64,
			name, (int)text.len, text.ptr, min, max, fallback);
		return fallback;
	}
	return value;
}

/* No "inf", no "nan", no hexadecimal number. */
bool lt_config_double(struct lt_slice text, double *ret_value)
{
	char digits[NUMBER_MAX_BYTES];
	/* In glibc a constant: nothing is allocated or freed. */
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	if (text.len >= sizeof(digits) || !c_locale)
		return false;
	memcpy(digits, text.ptr, text.len);
	digits[text.len] = '\0';
	if (strspn(digits, "0123456789.eE+-") != text.len)
		return false;
	char *end;
	*ret_value = strtod_l(digits, &end, c_locale);
	freelocale(c_locale);
	return end != digits && !*end;
}

double lt_config_ratio(const char *name)
{
	struct lt_slice text = lt_config_text(name);
	double value = 1;
	if (!text.ptr)
		return 1;
	if (!lt_config_double(text, &value) || !(value >= 0 && value <= 1)) {
		lt_report(LT_LEVEL_WARN, "%s=\"%.*s\" is not a ratio from 0 to 1; using 1", name,
			(int)text.len, text.ptr);
		return 1;
	}
	return value;
}

bool lt_config_bool(const char *name)
{
	static const char *const words[] = {"false", "true"};
	return lt_config_word(name, words, 2, 0) == 1;
}

static void report_word(
	const char *name, struct lt_slice text, const char *const *words, size_t n, size_t fallback)
{
	char known[WORDS_MAX_BYTES] = "";
	size_t len = 0;
	for (size_t i = 0; i < n && len < sizeof(known); i++)
		len += (size_t)snprintf(
			known + len, sizeof(known) - len, "%s%s", i ? ", " : "", words[i]);
	lt_report(LT_LEVEL_WARN, "%s=\"%.*s\" is none of %s; using %s", name, (int)text.len,
		text.ptr, known, words[fallback]);
}

size_t lt_config_word(const char *name, const char *const *words, size_t n, size_t fallback)
{
	struct lt_slice text = lt_config_text(name);
	if (!text.ptr)
		return fallback;
	for (size_t i = 0; i < n; i++) {
		if (lt_slice_is_word(text, words[i]))
			return i;
	}
	report_word(name, text, words, n, fallback);
	return fallback;
}

/* --- lists ---------------------------------------------------------------------------------- */

bool lt_config_next_item(struct lt_slice *list, struct lt_slice *ret_item)
{
	while (list->len) {
		const char *comma = memchr(list->ptr, ',', list->len);
		size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
		struct lt_slice item = lt_slice_trim((struct lt_slice){list->ptr, len});
		len += comma != NULL;
		*list = (struct lt_slice){list->ptr + len, list->len - len};
		if (item.len) {
			*ret_item = item;
			return true;
		}
	}
	return false;
}

/* Trims and decodes a part of a text in place and adds a NUL; NULL for an invalid escape. */
static char *decode(char *text, size_t len)
{
	struct lt_slice from = lt_slice_trim((struct lt_slice){text, len});
	char *start = text + (from.ptr - text), *out = start;
	for (size_t i = 0; i < from.len; i++) {
		if (from.ptr[i] != '%') {
			*out++ = from.ptr[i];
			continue;
		}
		int high = i + 2 < from.len ? hex_value(from.ptr[i + 1]) : -1;
		int low = i + 2 < from.len ? hex_value(from.ptr[i + 2]) : -1;
		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return NULL;
		*out++ = (char)(high << 4 | low);
		i += 2;
	}
	*out = '\0';
	return start;
}

int lt_config_next_pair(char **text, struct lt_config_pair *ret_pair)
{
	char *member;
	do {
		member = strsep(text, ",");
		if (!member)
			return 0;
	} while (lt_slice_trim(lt_slice(member)).len == 0);
	char *equals = strchr(member, '=');
	if (!equals)
		return -EBADMSG;
	char *value = decode(equals + 1, strlen(equals + 1));
	char *key = decode(member, (size_t)(equals - member));
	if (!key || !*key || !value)
		return -EBADMSG;
	*ret_pair = (struct lt_config_pair){key, value};
	return 1;
}
