/* SPDX-License-Identifier: Apache-2.0 */
#include "configure/yaml_scalar.h"

#include "util/config.h"
#include "util/encode_buffer.h"
#include "util/slice.h"

#include <errno.h>
#include <stdlib.h>

/* --- references --------------------------------------------------------------------------- */

static bool is_name_start(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t name_len(struct lt_slice text)
{
	size_t n = 0;
	while (n < text.len && (is_name_start(text.ptr[n]) || (n && lt_is_digit(text.ptr[n]))))
		n++;
	return n;
}

static struct lt_slice after(struct lt_slice text, size_t n)
{
	return (struct lt_slice){text.ptr + n, text.len - n};
}

/* The value of what is between ${ and }. */
static int add_value(struct lt_buffer *out, struct lt_slice reference)
{
	if (lt_slice_starts_with(reference, lt_slice("env:")))
		reference = after(reference, 4);
	size_t n = name_len(reference);
	struct lt_slice rest = after(reference, n);
	if (!n || (rest.len && !lt_slice_starts_with(rest, lt_slice(":-"))))
		return -EINVAL;
	char *name = strndup(reference.ptr, n);
	if (!name)
		return -ENOMEM;
	const char *value = secure_getenv(name);
	free(name);
	if (value && *value)
		lt_buffer_add(out, value, strlen(value));
	else if (rest.len)
		lt_buffer_add(out, rest.ptr + 2, rest.len - 2);
	return 0;
}

/* A stretch without $$. */
static int add_stretch(struct lt_buffer *out, struct lt_slice text)
{
	while (text.len) {
		const char *start = memmem(text.ptr, text.len, "${", 2);
		size_t n = start ? (size_t)(start - text.ptr) : text.len;
		struct lt_slice rest = after(text, n);
		const char *end = rest.len ? memchr(rest.ptr, '}', rest.len) : NULL;
		size_t len = end ? (size_t)(end - rest.ptr) : 0;
		if (!end || memchr(rest.ptr, '\n', len)) { /* no reference */
			lt_buffer_add(out, text.ptr, n + (rest.len != 0));
			text = after(text, n + (rest.len != 0));
			continue;
		}
		lt_buffer_add(out, text.ptr, n);
		int err = add_value(out, (struct lt_slice){rest.ptr + 2, len - 2});
		if (err)
			return err;
		text = after(rest, len + 1);
	}
	return 0;
}

int lt_yaml_substitute(struct lt_slice text, char **ret_text)
{
	struct lt_buffer out = {0};
	int err = 0;
	while (!err && text.len) {
		const char *escape = memmem(text.ptr, text.len, "$$", 2);
		size_t n = escape ? (size_t)(escape - text.ptr) : text.len;
		err = add_stretch(&out, (struct lt_slice){text.ptr, n});
		if (escape)
			lt_buffer_add(&out, "$", 1);
		text = after(text, escape ? n + 2 : n);
	}
	lt_buffer_add(&out, "", 1);
	if (!err && out.failed)
		err = -ENOMEM;
	if (err)
		lt_buffer_done(&out);
	else
		*ret_text = out.bytes;
	return err;
}

/* --- types -------------------------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+; one that does not fit is no integer */
static bool read_int(const char *text, int64_t *ret_value)
{
	bool is_octal = text[0] == '0' && text[1] == 'o', is_hex = text[0] == '0' && text[1] == 'x';
	const char *digits = is_octal || is_hex		    ? text + 2
			     : *text == '-' || *text == '+' ? text + 1
							    : text;
	const char *valid = is_octal ? "01234567"
			    : is_hex ? "0123456789abcdefABCDEF"
				     : "0123456789";
	if (!*digits || digits[strspn(digits, valid)])
		return false;
	errno = 0;
	long long value = strtoll(is_octal || is_hex ? digits : text, NULL,
		is_octal ? 8
		: is_hex ? 16
			 : 10);
	*ret_value = value;
	return errno == 0;
}

static bool read_double(const char *text, double *ret_value)
{
	static const char *const infinite[] = {".inf", ".Inf", ".INF"};
	static const char *const not_a_number[] = {".nan", ".NaN", ".NAN"};
	bool has_sign = *text == '-' || *text == '+';
	if (is_one_of(text + has_sign, infinite, 3)) {
		*ret_value = *text == '-' ? -__builtin_inf() : __builtin_inf();
		return true;
	}
	if (is_one_of(text, not_a_number, 3)) {
		*ret_value = __builtin_nan("");
		return true;
	}
	return lt_config_double(lt_slice(text), ret_value);
}

void lt_yaml_resolve(struct lt_yaml *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	static const char *const yes[] = {"true", "True", "TRUE"};
	static const char *const no[] = {"false", "False", "FALSE"};
	const char *text = node->text;
	node->type = LT_YAML_TEXT;
	if (is_one_of(text, nulls, 5)) {
		node->type = LT_YAML_NULL;
	} else if (is_one_of(text, yes, 3) || is_one_of(text, no, 3)) {
		node->type = LT_YAML_BOOL;
		node->boolean = (*text | 0x20) == 't';
	} else if (read_int(text, &node->integer)) {
		node->type = LT_YAML_INT;
		node->number = (double)node->integer;
	} else if (read_double(text, &node->number)) {
		node->type = LT_YAML_DOUBLE;
	}
}
