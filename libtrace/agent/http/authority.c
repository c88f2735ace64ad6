/* SPDX-License-Identifier: Apache-2.0 */
#include "http/authority.h"
#include "util/slice.h"
#include <arpa/inet.h>
#include <strings.h>

struct http_authority http_authority(struct lt_slice text)
{
	struct http_authority authority = {0};
	const char *end = text.ptr + text.len, *colon;

	if (text.len && text.ptr[0] == '[') {
		const char *bracket = memchr(text.ptr, ']', text.len);
		if (!bracket)
			return authority;
		authority.host = (struct lt_slice){text.ptr + 1, (size_t)(bracket - text.ptr - 1)};
		colon = bracket + 1;
		if (colon < end && *colon != ':')
			return (struct http_authority){0};
	} else {
		colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
		if (!colon)
			colon = end;
		authority.host = (struct lt_slice){text.ptr, (size_t)(colon - text.ptr)};
	}
	if (colon == end ||
		lt_slice_to_port(
			(struct lt_slice){colon + 1, (size_t)(end - colon - 1)}, &authority.port))
		return authority;
	/* User and password may precede it: libh2o 2.3 leaves a target's there. */
	const char *at = memrchr(text.ptr, '@', text.len);
	return at ? http_authority((struct lt_slice){at + 1, (size_t)(end - at - 1)})
		  : (struct http_authority){0};
}

/* Takes what comes before the authority off the front of rest. */
static struct lt_slice take_scheme(struct lt_slice *rest)
{
	static const char mark[] = "://";
	const char *colon = rest->len ? memchr(rest->ptr, ':', rest->len) : NULL;
	size_t len = colon ? (size_t)(colon - rest->ptr) : 0;
	const struct lt_slice scheme = {rest->ptr, len};

	if (!len || rest->len - len < strlen(mark) || memcmp(colon, mark, strlen(mark)) != 0)
		return (struct lt_slice){0};
	rest->ptr += len + strlen(mark);
	rest->len -= len + strlen(mark);
	return scheme;
}

/* Takes host[:port] off the front of rest, without user and password. */
static struct lt_slice take_authority(struct lt_slice *rest)
{
	const char *start = rest->ptr, *const limit = start + rest->len, *end = start;

	while (end < limit && *end != '/' && *end != '?' && *end != '#')
		end++;
	const char *at = end > start ? memrchr(start, '@', (size_t)(end - start)) : NULL;
	*rest = (struct lt_slice){end, (size_t)(limit - end)};
	start = at ? at + 1 : start;
	return (struct lt_slice){start, (size_t)(end - start)};
}

struct http_target http_target(struct lt_slice text)
{
	struct http_target target = {0};

	if (!text.len)
		return target;
	if (text.ptr[0] != '/' && !lt_slice_is_word(text, "*")) {
		const struct lt_slice scheme = take_scheme(&text);
		target.authority = take_authority(&text);
		if (!scheme.len) /* of CONNECT, or an invalid target */
			return target;
		if (lt_slice_is_word(scheme, "http") || lt_slice_is_word(scheme, "https"))
			target.scheme = lt_slice(scheme.len == 4 ? "http" : "https");
		target.path = (struct lt_slice){"/", 1}; /* what an empty one means */
	}
	const char *mark = text.len ? memchr(text.ptr, '?', text.len) : NULL;
	size_t path_len = mark ? (size_t)(mark - text.ptr) : text.len;
	if (path_len)
		target.path = (struct lt_slice){text.ptr, path_len};
	if (mark && path_len + 1 < text.len)
		target.query = (struct lt_slice){mark + 1, text.len - path_len - 1};
	return target;
}

/* Takes what comes before the separator off the front of rest; quoted separators do not count. */
static struct lt_slice take(struct lt_slice *rest, char separator)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < rest->len && (quoted || rest->ptr[i] != separator); i++) {
		if (rest->ptr[i] == '"')
			quoted = !quoted;
	}
	struct lt_slice part = {rest->ptr, i};
	i += i < rest->len;
	rest->ptr += i;
	rest->len -= i;
	return lt_slice_trim_ows(part);
}

static struct lt_slice unquote(struct lt_slice text)
{
	if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
		return (struct lt_slice){text.ptr + 1, text.len - 2};
	return text;
}

/* An address with or without a port: an IPv6 one without brackets has several colons. */
static struct lt_slice host_of(struct lt_slice node)
{
	const char *colon = node.len ? memchr(node.ptr, ':', node.len) : NULL;

	if (colon && node.ptr[0] != '[' &&
		memchr(colon + 1, ':', (size_t)(node.ptr + node.len - colon - 1)))
		return node;
	return http_authority(node).host;
}

/* A proxy may hide its client behind "unknown" or a name of its own: RFC 7239, section 6. */
static struct lt_slice address_of(struct lt_slice node)
{
	const struct lt_slice host = host_of(node);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (!host.len || host.len >= sizeof(text))
		return (struct lt_slice){0};
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1)
		return host;
	return (struct lt_slice){0};
}

struct http_forwarded http_forwarded(struct lt_slice forwarded, struct lt_slice x_for,
	struct lt_slice x_host, struct lt_slice x_proto)
{
	struct http_forwarded result = {0};

	if (!forwarded.ptr) {
		result.client = x_for.ptr ? address_of(take(&x_for, ',')) : x_for;
		result.host = x_host.ptr ? take(&x_host, ',') : x_host;
		result.proto = x_proto.ptr ? take(&x_proto, ',') : x_proto;
	} else {
		struct lt_slice element = take(&forwarded, ',');
		while (element.len) {
			struct lt_slice value = take(&element, ';');
			const struct lt_slice name = take(&value, '=');
			value = unquote(lt_slice_trim_ows(value));
			if (lt_slice_is_word(name, "for"))
				result.client = address_of(value);
			else if (lt_slice_is_word(name, "host"))
				result.host = value;
			else if (lt_slice_is_word(name, "proto"))
				result.proto = value;
		}
	}
	if (!lt_slice_is_word(result.proto, "http") && !lt_slice_is_word(result.proto, "https"))
		result.proto = (struct lt_slice){0};
	return result;
}
