/* SPDX-License-Identifier: Apache-2.0 */
/* cors.c - CORS for pages that this machine serves. */
#include "serve/cors.h"

#include "http_answer.h"

#define DIGITS "0123456789"
#define PREFLIGHT_AGE_S "7200" /* seconds that a preflight's answer is valid; Chromium's limit */

static struct lt_slice header_of(const h2o_req_t *req, const char *name)
{
	ssize_t at = h2o_find_header_by_str(&req->headers, name, strlen(name), -1);
	if (at == -1)
		return (struct lt_slice){NULL, 0};
	h2o_iovec_t value = req->headers.entries[at].value;
	return (struct lt_slice){value.base, value.len};
}

static void send_header(h2o_req_t *req, const char *name, struct lt_slice value)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, name, strlen(name), 0, NULL, value.ptr, value.len);
}

static bool skip(struct lt_slice *text, const char *prefix)
{
	size_t n = strlen(prefix);
	if (text->len < n || strncasecmp(text->ptr, prefix, n) != 0)
		return false;
	text->ptr += n;
	text->len -= n;
	return true;
}

static bool ends_with(struct lt_slice text, const char *suffix)
{
	size_t n = strlen(suffix);
	return text.len >= n && strncasecmp(text.ptr + text.len - n, suffix, n) == 0;
}

static bool has_only(struct lt_slice text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr(characters, text.ptr[i]) || !text.ptr[i])
			return false;
	return true;
}

static bool is(struct lt_slice text, const char *name)
{
	return text.len == strlen(name) && ends_with(text, name);
}

/* Takes "host" or "[host]" off what an origin has after its scheme. */
static struct lt_slice take_host(struct lt_slice *text)
{
	char end = text->len && *text->ptr == '[' ? ']' : ':';
	struct lt_slice host = {text->ptr, 0};
	while (host.len < text->len && host.ptr[host.len] != end)
		host.len++;
	host.len += end == ']' && host.len < text->len;
	text->ptr += host.len;
	text->len -= host.len;
	return host;
}

bool host_split(struct lt_slice authority, struct lt_slice *ret_host)
{
	*ret_host = take_host(&authority);
	return !authority.len || (skip(&authority, ":") && has_only(authority, DIGITS));
}

bool host_is_loopback(struct lt_slice host)
{
	return is(host, "localhost") || is(host, "[::1]") || ends_with(host, ".localhost") ||
	       (skip(&host, "127.") && has_only(host, DIGITS "."));
}

bool host_is_address(struct lt_slice host)
{
	return (host.len && *host.ptr == '[') || has_only(host, DIGITS ".");
}

bool cors_is_loopback(struct lt_slice origin)
{
	struct lt_slice host;
	if (!skip(&origin, "http://") && !skip(&origin, "https://"))
		return false;
	return host_split(origin, &host) && host_is_loopback(host);
}

bool cors_answer(h2o_req_t *req)
{
	struct lt_slice origin = header_of(req, "origin");
	if (!origin.ptr || !cors_is_loopback(origin))
		return false;
	struct lt_slice method = header_of(req, "access-control-request-method");
	struct lt_slice headers = header_of(req, "access-control-request-headers");
	send_header(req, "access-control-allow-origin", origin);
	send_header(req, "vary", lt_slice("origin"));
	if (!method.ptr || !h2o_memis(req->method.base, req->method.len, H2O_STRLIT("OPTIONS")))
		return false;
	send_header(req, "access-control-allow-methods", lt_slice("POST"));
	if (headers.len)
		send_header(req, "access-control-allow-headers", headers);
	send_header(req, "access-control-max-age", lt_slice(PREFLIGHT_AGE_S));
	http_answer_as(req, 204, "text/plain", "", 0);
	return true;
}
