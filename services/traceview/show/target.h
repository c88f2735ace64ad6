/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - parses a reference to a trace: an id, a traceparent, the URL of a page. */
#ifndef TRACEVIEW_TARGET_H
#define TRACEVIEW_TARGET_H

#include <libtrace/trace.h>

#define TARGET_URL_BYTES 1024

struct target {
	char url[TARGET_URL_BYTES]; /* of the query API */
	char trace_id[33];	    /* hex; "": the latest */
};

/** Takes a URL; false when it is too long. */
bool target_set_url(struct target *target, const char *url);

/**
 * Parses pasted text: "latest"; up to 32 hex digits; a traceparent, also within a header's line; a
 * URL of Jaeger's page or API with a trace id, whose beginning becomes the URL.
 * @return false, with target untouched, for anything else
 */
bool target_parse(struct target *target, const char *text);

#endif
