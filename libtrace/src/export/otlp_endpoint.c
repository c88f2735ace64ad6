/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_endpoint.c - splits a URL as far as an exporter needs. */
#include "export/otlp_endpoint.h"

#include "util/config.h"
#include "util/slice.h"

#include <errno.h>
#include <stdio.h>

struct parts {			   /* borrowed from the text; absent parts are empty */
	struct lt_slice scheme;	   /* with its "://" */
	struct lt_slice authority; /* user:password@host:port */
	struct lt_slice path;
	struct lt_slice query; /* with its "?" */
};

/* The length up to the first of these characters. */
static size_t before(struct lt_slice text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] && strchr(characters, text.ptr[i]))
			return i;
	}
	return text.len;
}

static struct lt_slice take(struct lt_slice *rest, size_t len)
{
	struct lt_slice part = {rest->ptr, len};
	*rest = (struct lt_slice){rest->ptr + len, rest->len - len};
	return part;
}

static struct parts split(struct lt_slice text)
{
	struct parts parts = {0};
	size_t colon = before(text, ":/?#@");
	if (lt_slice_starts_with(lt_slice_from(text, colon), lt_slice("://")))
		parts.scheme = take(&text, colon + 3);
	parts.authority = take(&text, before(text, "/?#"));
	parts.path = take(&text, before(text, "?#"));
	parts.query = take(&text, before(text, "#"));
	return parts;
}

static struct lt_slice after_user(struct lt_slice authority)
{
	const char *at = authority.len ? memrchr(authority.ptr, '@', authority.len) : NULL;
	if (at)
		take(&authority, (size_t)(at + 1 - authority.ptr));
	return authority;
}

static bool is_port(struct lt_slice digits) /* an empty one is the scheme's */
{
	uint16_t port;
	return lt_slice_to_port(digits, &port) && (port || !digits.len);
}

/* False unless there are a host and a valid port, if any. */
static bool find_host(struct lt_slice authority, struct lt_slice *ret_host)
{
	struct lt_slice rest = after_user(authority), host;
	if (rest.len && rest.ptr[0] == '[') {
		size_t bracket = before(rest, "]");
		if (bracket == rest.len)
			return false;
		take(&rest, 1);
		host = take(&rest, bracket - 1);
		take(&rest, 1);
	} else {
		host = take(&rest, before(rest, ":"));
	}
	if (!host.len || (rest.len && rest.ptr[0] != ':'))
		return false;
	if (rest.len)
		take(&rest, 1);
	*ret_host = host;
	return is_port(rest);
}

static bool is_printable(struct lt_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
			return false;
	}
	return true;
}

int lt_otlp_endpoint_new(struct lt_slice text, const char *path, char **ret_url)
{
	struct parts parts = split(text);
	struct lt_slice host;
	if ((!lt_slice_is_word(parts.scheme, "http://") &&
		    !lt_slice_is_word(parts.scheme, "https://")) ||
		!find_host(parts.authority, &host) || !is_printable(text))
		return -EINVAL;
	bool has_slash = parts.path.len && parts.path.ptr[parts.path.len - 1] == '/';
	bool needs_slash = path ? !has_slash : !parts.path.len;
	if (asprintf(ret_url, "%.*s%.*s%.*s%s%s%.*s", (int)parts.scheme.len, parts.scheme.ptr,
		    (int)parts.authority.len, parts.authority.ptr, (int)parts.path.len,
		    parts.path.ptr, needs_slash ? "/" : "", path ? path : "", (int)parts.query.len,
		    parts.query.ptr) < 0)
		return -ENOMEM;
	return 0;
}

struct lt_slice lt_otlp_endpoint_host(const char *url)
{
	struct lt_slice host = {0};
	find_host(split(lt_slice(url)).authority, &host);
	return host;
}

char *lt_otlp_endpoint_shown(struct lt_slice text)
{
	struct parts parts = split(text);
	struct lt_slice host = after_user(parts.authority);
	/* A later @ may end a password that contains a slash. */
	const char *end = parts.authority.ptr + parts.authority.len;
	size_t n_rest = text.len - parts.scheme.len - parts.authority.len;
	bool is_clear = !n_rest || !memchr(end, '@', n_rest);
	char *shown;
	if (asprintf(&shown, "%.*s%.*s%.*s%s", (int)parts.scheme.len, parts.scheme.ptr,
		    is_clear ? (int)host.len : 0, host.ptr, is_clear ? (int)parts.path.len : 0,
		    parts.path.ptr,
		    !is_clear	      ? "(not shown)"
		    : parts.query.len ? "?(not shown)"
				      : "") < 0)
		return NULL;
	return shown;
}
