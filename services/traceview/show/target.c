/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - parses a reference to a trace. */
#include "show/target.h"

static const char hex[] = "0123456789abcdefABCDEF";

bool target_set_url(struct target *target, const char *url)
{
	size_t n = strlen(url);
	if (n >= sizeof(target->url))
		return false;
	memcpy(target->url, url, n + 1);
	return true;
}

/* The id at the start of text. */
static bool take_id(struct target *target, const char *text)
{
	size_t n = strspn(text, hex);
	if (n == 0 || n > 32 || (text[n] && !strchr("/?&#", text[n])))
		return false;
	memcpy(target->trace_id, text, n);
	target->trace_id[n] = '\0';
	return true;
}

/* Anywhere in the text: 00-<32 digits>-<16 digits>-01.
 * Source: https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
static bool take_traceparent(struct target *target, const char *text)
{
	static const size_t lengths[] = {2, 32, 16, 2};
	for (; *text; text++) {
		const char *part = text;
		size_t i = 0;
		for (; i < 4 && strspn(part, hex) == lengths[i]; i++) {
			part += lengths[i];
			if (i < 3 && *part++ != '-')
				break;
		}
		if (i == 4) {
			memcpy(target->trace_id, text + 3, 32);
			target->trace_id[32] = '\0';
			return true;
		}
		size_t skip = strspn(text, hex); /* not from the middle of a number */
		text += skip ? skip - 1 : 0;
	}
	return false;
}

/* The position of the trace id in a URL of a page or an API, and the URL before it. */
static bool take_url(struct target *target, const char *text)
{
	static const char *const marks[] = {
		"/trace/", "/api/v3/traces/", "/api/traces/", "/search?", "/api/traces?"};
	const char *host = strstr(text, "://");
	for (size_t i = 0; host && i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *mark = strstr(host + 3, marks[i]);
		size_t url_len = mark ? (size_t)(mark - text) : sizeof(target->url);
		if (url_len >= sizeof(target->url))
			continue;
		const char *id = mark + strlen(marks[i]);
		if (id[-1] == '?')
			id = strstr(id - 1, "traceID=") ? strstr(id - 1, "traceID=") + 8 : "";
		if (take_id(target, id)) {
			memcpy(target->url, text, url_len);
			target->url[url_len] = '\0';
			return true;
		}
	}
	return false;
}

bool target_parse(struct target *target, const char *text)
{
	if (strcmp(text, "latest") == 0) {
		target->trace_id[0] = '\0';
		return true;
	}
	if (strstr(text, "://"))
		return take_url(target, text);
	return (text[strspn(text, hex)] == '\0' && take_id(target, text)) ||
	       take_traceparent(target, text);
}
