/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - see http.h. */
#include "http.h"
#include "attribute.h"
#include "settings.h"
#include <libtrace/semconv.h>
#include <string.h>

#define MAX_METHODS 32	    /* known methods */
#define MAX_METHOD_BYTES 32 /* of one, with its NUL; a longer one is not taken */

static char known[MAX_METHODS][MAX_METHOD_BYTES];
static size_t n_known;

void http_init(void)
{
	struct lt_slice names[MAX_METHODS];
	/* RFC 9110, RFC 5789 and the QUERY draft, the most frequent ones first. */
	const size_t n = settings_list("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
		"GET,POST,PUT,DELETE,HEAD,PATCH,OPTIONS,CONNECT,TRACE,QUERY", MAX_METHODS, names);

	for (size_t i = 0; i < n; i++) {
		if (names[i].len < MAX_METHOD_BYTES)
			memcpy(known[n_known++], names[i].ptr, names[i].len);
	}
}

struct http_method http_method(struct lt_slice sent)
{
	/* Methods are case-sensitive: "get" is another one. */
	for (size_t i = 0; i < n_known; i++) {
		if (strncmp(known[i], sent.ptr, sent.len) == 0 && !known[i][sent.len])
			return (struct http_method){.name = known[i], .span_name = known[i]};
	}
	return (struct http_method){.name = "_OTHER", .span_name = "HTTP", .original = sent};
}

void http_set_status(struct lt_span *span, int status, int error_from)
{
	const char code[4] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
		(char)('0' + status % 10), '\0'};

	if (status < 100 || status > 999)
		return;
	const bool failed = status >= error_from;
	lt_span_set(span, LT_ATTRS(attr_int(LT_HTTP_RESPONSE_STATUS_CODE, status),
				  attr_str(LT_ERROR_TYPE, failed ? code : NULL)));
	if (failed)
		lt_span_status(span, LT_STATUS_ERROR, NULL);
}

const char *http_version(int version)
{
	switch (version) {
	case 0x100:
		return "1.0";
	case 0x101:
		return "1.1";
	case 0x200:
		return "2";
	case 0x300:
		return "3";
	default:
		return NULL;
	}
}
