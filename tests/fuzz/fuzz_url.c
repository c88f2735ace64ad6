/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_url.c - URLs that programs request; targets, Host and Forwarded headers of their callers. */
#include "fuzz.h"
#include "http/authority.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

static void redact(struct lt_slice text)
{
	if (text.len > URL_MAX_BYTES)
		text.len = URL_MAX_BYTES;
	char *out = malloc(URL_REDACTED_MAX(text.len));
	if (!out)
		return;
	size_t len = url_redact_query(text, out);
	if (len > URL_REDACTED_MAX(text.len))
		abort();
	bool is_same = len == text.len && (len == 0 || memcmp(out, text.ptr, len) == 0);
	if (!is_same && !url_query_has_secrets(text))
		abort();
	free(out);
}

static void check_part(struct lt_slice part, struct lt_slice text)
{
	if (part.len && (part.ptr < text.ptr || part.ptr + part.len > text.ptr + text.len))
		abort();
}

static void take_apart(struct lt_slice text)
{
	const struct http_target target = http_target(text);

	check_part(target.authority, text);
	check_part(target.query, text);
	if (target.path.len != 1) /* an empty one is "/", which is elsewhere */
		check_part(target.path, text);
	if (target.authority.len && memchr(target.authority.ptr, '@', target.authority.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct url url; /* kept, as the agent keeps one a handle */
	struct lt_slice text = {(const char *)data, size};
	char *string = strndup(text.ptr ? text.ptr : "", size);
	if (string && url_set(&url, string) == 0)
		url_parse(&url, "");
	free(string);
	redact(text);
	take_apart(text);
	http_authority(text);
	http_forwarded(text, (struct lt_slice){0}, (struct lt_slice){0}, (struct lt_slice){0});
	http_forwarded((struct lt_slice){0}, text, text, text);
	return 0;
}
