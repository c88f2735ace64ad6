/* SPDX-License-Identifier: Apache-2.0 */
/* Reads URLs as libcurl does where it matters for a span (one to three slashes, the scheme guessed
 * from the host's name), without validation: libcurl refuses invalid ones itself. */
#include "http/url.h"
#include "util/slice.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define SECRET "REDACTED"

/* Query keys whose values are credentials; case-sensitive.
 * Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/ (url.query) */
static const char *const secret_keys[] = {"AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature",
	"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"};

static bool is_secret(struct lt_slice key)
{
	for (size_t i = 0; i < sizeof(secret_keys) / sizeof(secret_keys[0]); i++) {
		if (lt_slice_equal(key, lt_slice(secret_keys[i])))
			return true;
	}
	return false;
}

static char *put(char *out, const char *from, size_t len)
{
	memcpy(out, from, len);
	return out + len;
}

/* As much of it as there is room for. */
static char *put_some(char *out, const char *end, const char *from, size_t len)
{
	size_t room = (size_t)(end - out);

	return put(out, from, len < room ? len : room);
}

/* The end of the first "key=value" before a "&". */
static const char *find_pair_end(const char *pair, const char *end)
{
	const char *separator = memchr(pair, '&', (size_t)(end - pair));

	return separator ? separator : end;
}

/* The start of a pair's value if it is a secret; NULL: it is not. */
static const char *find_secret(const char *pair, const char *end)
{
	const char *equals = memchr(pair, '=', (size_t)(end - pair));
	bool is = equals && is_secret((struct lt_slice){pair, (size_t)(equals - pair)});

	return is ? equals + 1 : NULL;
}

bool url_query_has_secrets(struct lt_slice query)
{
	const char *pair = query.ptr, *const end = query.ptr + query.len;

	while (pair < end) {
		const char *pair_end = find_pair_end(pair, end);
		if (find_secret(pair, pair_end))
			return true;
		pair = pair_end + 1;
	}
	return false;
}

size_t url_redact_query(struct lt_slice query, char *out)
{
	const char *pair = query.ptr, *const end = query.ptr + query.len;
	char *to = out, *const out_end = out + URL_MAX_BYTES;

	while (pair < end) {
		const char *pair_end = find_pair_end(pair, end);
		const char *secret = find_secret(pair, pair_end);
		to = put_some(to, out_end, pair, (size_t)((secret ? secret : pair_end) - pair));
		if (secret)
			to = put_some(to, out_end, SECRET, strlen(SECRET));
		if (pair_end < end)
			to = put_some(to, out_end, "&", 1);
		pair = pair_end + 1;
	}
	return (size_t)(to - out);
}

static int reserve(char **buffer, size_t *capacity, size_t bytes)
{
	if (bytes <= *capacity)
		return 0;
	char *grown = realloc(*buffer, bytes);
	if (!grown)
		return -ENOMEM;
	*buffer = grown;
	*capacity = bytes;
	return 0;
}

static bool has_text(const struct url *url, const char *const *pieces, size_t n)
{
	const char *at = url->text;

	if (!at)
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(pieces[i]);
		if (strncmp(at, pieces[i], len) != 0)
			return false;
		at += len;
	}
	return !*at;
}

int url_set_pieces(struct url *url, const char *const *pieces, size_t n)
{
	if (has_text(url, pieces, n))
		return 0;
	if (url->text)
		url->text[0] = '\0';
	url->parsed = false;

	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += strnlen(pieces[i], URL_MAX_BYTES - len);
	if (reserve(&url->text, &url->text_capacity, len + 1))
		return -ENOMEM;
	char *to = url->text, *const end = url->text + len;
	for (size_t i = 0; i < n; i++)
		to = put(to, pieces[i], strnlen(pieces[i], (size_t)(end - to)));
	*to = '\0';
	url->is_cut = len == URL_MAX_BYTES;
	return 0;
}

int url_set(struct url *url, const char *text)
{
	return url_set_pieces(url, &text, text ? 1 : 0);
}

/* The length of text's scheme, 0 for none: "localhost:8000" has none. */
static size_t scheme_len(const char *text)
{
	size_t len = 0;

	while ((text[len] >= 'a' && text[len] <= 'z') || (text[len] >= 'A' && text[len] <= 'Z') ||
		(len && (lt_is_digit(text[len]) || strchr("+-.", text[len] ? text[len] : ' '))))
		len++;
	return text[len] == ':' && text[len + 1] == '/' ? len : 0;
}

/* Source: https://curl.se/libcurl/c/CURLOPT_URL.html, "guess" */
static const char *guess_scheme(const char *host)
{
	static const char *const names[] = {"ftp.", "dict.", "ldap.", "imap.", "smtp.", "pop3."};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncasecmp(host, names[i], strlen(names[i])) == 0)
			return names[i];
	}
	return "http";
}

bool url_parse(struct url *url, const char *default_scheme)
{
	if (url->parsed)
		return url->is_http;
	url->is_http = false;
	if (!url->text)
		return false;
	url->parsed = true;

	const char *authority = url->text;
	struct lt_slice scheme = {url->text, scheme_len(url->text)};
	if (scheme.len) {
		authority += scheme.len + 1;
		for (int slashes = 0; slashes < 3 && *authority == '/'; slashes++)
			authority++;
	} else {
		scheme = lt_slice(*default_scheme ? default_scheme : guess_scheme(authority));
	}
	bool is_https = lt_slice_is_word(scheme, "https");
	if (!is_https && !lt_slice_is_word(scheme, "http"))
		return false;

	size_t authority_len = strcspn(authority, "/?#");
	const char *path = authority + authority_len;
	if (url->is_cut && !*path) /* what looks like the host may be the beginning of a password */
		return false;
	const char *at = memrchr(authority, '@', authority_len);
	const char *host = at ? at + 1 : authority;
	const struct http_authority parts =
		http_authority((struct lt_slice){host, (size_t)(path - host)});
	if (!parts.host.len)
		return false;

	size_t path_len = strcspn(path, "?");
	const char *query = path + path_len;
	size_t query_len = *query ? strcspn(query + 1, "#") : 0;
	if (reserve(&url->full_text, &url->full_capacity,
		    scheme.len + strlen("://" SECRET ":" SECRET "@") + strlen(host) +
			    URL_REDACTED_MAX(query_len)))
		return false;

	char *to = put(url->full_text, scheme.ptr, scheme.len);
	to = put(to, "://", 3);
	if (at)
		to = put(to, SECRET ":" SECRET "@", strlen(SECRET ":" SECRET "@"));
	to = put(to, host, (size_t)(query - host));
	if (*query) {
		*to++ = '?';
		to += url_redact_query((struct lt_slice){query + 1, query_len}, to);
		to = put(to, query + 1 + query_len, strlen(query + 1 + query_len));
	}
	size_t full_len = (size_t)(to - url->full_text);
	url->full = (struct lt_slice){
		url->full_text, full_len < URL_MAX_BYTES ? full_len : URL_MAX_BYTES};
	url->host = parts.host;
	url->has_port = parts.port != 0;
	url->port = parts.port ? parts.port : is_https ? 443 : 80;
	url->is_http = true;
	return true;
}

void url_done(struct url *url)
{
	free(url->text);
	free(url->full_text);
	*url = (struct url){0};
}
