/* SPDX-License-Identifier: Apache-2.0 */
/* params.h - the parameters of a query, `?name=value&...`, and parsers of their values. */
#ifndef TRACEVIEW_PARAMS_H
#define TRACEVIEW_PARAMS_H

#include "base/arena.h"

#include <libtrace/trace.h>

#define PARAMS_MAX 64 /* more are ignored */

struct params {
	struct param {
		const char *name, *value; /* decoded, in the arena */
	} items[PARAMS_MAX];
	size_t n;
};

/** Parses a query string without its '?'. @return 0 or -ENOMEM */
LT_CHECKED int params_parse(struct params *params, struct lt_slice query, struct arena *arena);

/** The first value of that name that is not empty, or NULL. */
const char *params_get(const struct params *params, const char *name);

/** Decodes percent-encoding and, with plus_is_space, plus signs. NULL: out of memory. */
char *percent_decode(struct lt_slice text, bool plus_is_space, struct arena *arena);

/* Parse a value; false, with *ret untouched, when it is malformed. */
bool parse_uint64(const char *text, uint64_t *ret);
bool parse_int64(const char *text, int64_t *ret); /* with or without a sign */
bool parse_bool(const char *text, bool *ret);	  /* true, T, 1, false, ... as Go's ParseBool */
bool parse_duration(const char *text, int64_t *ret_ns); /* as in Go: 1h2m, -1.5s, 300ms, 0 */
bool parse_rfc3339(const char *text, uint64_t *ret_ns); /* 2026-08-25T12:00:00.123456789Z */

#endif
