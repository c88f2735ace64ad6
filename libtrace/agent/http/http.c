/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http.h"
#include <string.h>

#define METHOD_MAX_BYTES 32 /* with its NUL; longer ones are ignored */

static struct {
	char name[METHOD_MAX_BYTES];
	size_t len;
} known[HTTP_METHODS_MAX];
static size_t n_known;

void http_know_methods(const struct lt_slice *methods, size_t n)
{
	n_known = 0;
	for (size_t i = 0; i < n && n_known < HTTP_METHODS_MAX; i++) {
		if (methods[i].len >= METHOD_MAX_BYTES)
			continue;
		memcpy(known[n_known].name, methods[i].ptr, methods[i].len);
		known[n_known].name[methods[i].len] = '\0';
		known[n_known++].len = methods[i].len;
	}
}

/* A call of memcmp() takes longer than the few bytes of a method. */
static bool is_same(const char *a, const char *b, size_t len)
{
	while (len && *a == *b)
		len--, a++, b++;
	return !len;
}

struct http_method http_method(struct lt_slice sent)
{
	/* Methods are case-sensitive: "get" is a different one. */
	for (size_t i = 0; i < n_known; i++) {
		const struct lt_slice name = {known[i].name, known[i].len};
		if (name.len == sent.len && is_same(name.ptr, sent.ptr, sent.len))
			return (struct http_method){.name = name, .span_name = name};
	}
	if (sent.len > HTTP_METHOD_MAX_BYTES)
		sent.len = HTTP_METHOD_MAX_BYTES;
	return (struct http_method){
		.name = lt_slice("_OTHER"), .span_name = lt_slice("HTTP"), .original = sent};
}

int http_status(long status)
{
	return status >= 100 && status <= 999 ? (int)status : 0;
}

const char *http_error_type(int status, int error_from, char code[4])
{
	if (status < error_from)
		return NULL;
	for (int i = 2; i >= 0; i--, status /= 10)
		code[i] = (char)('0' + status % 10);
	code[3] = '\0';
	return code;
}

struct lt_slice http_version(int version)
{
	switch (version) {
	case 0x100:
		return lt_slice("1.0");
	case 0x101:
		return lt_slice("1.1");
	case 0x200:
		return lt_slice("2");
	case 0x300:
		return lt_slice("3");
	default:
		return (struct lt_slice){0};
	}
}
