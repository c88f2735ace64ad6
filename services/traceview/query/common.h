/* SPDX-License-Identifier: Apache-2.0 */
/* common.h - shared by both versions of the query API; private to query/. */
#ifndef TRACEVIEW_QUERY_COMMON_H
#define TRACEVIEW_QUERY_COMMON_H

#include "base/json_writer.h"
#include "query/params.h"
#include "query/query.h"
#include "store/search.h"

#define QUERY_WHY_BYTES 256 /* of a message about a parameter */

struct query {
	const struct store *store;
	const char *captured; /* the segment of the path matched by {}, decoded; "" for none */
	struct params params;
	struct arena arena; /* of the query and its results */
	struct answer *answer;
	struct json_writer writer; /* into the answer's body */
	bool limit_over_cap;	   /* the limit exceeds what one search returns */
	/* Writes an error in the format of this version of the API. */
	void (*write_error)(struct query *q, int status, const char *message);
};

/** Replaces what has been written by an error; returns 0, as handlers do. */
int query_error(struct query *q, int status, const char *message);

/**
 * Reads a trace id as Jaeger does: up to 32 hex digits, shorter ones are padded on the left.
 * @param ret_why  buffer for a message on failure
 */
bool query_parse_trace_id(const char *text, uint8_t ret_id[16], char *ret_why, size_t why_bytes);

/**
 * Writes traces until the answer is full.
 * @param write  jaeger_write_trace or v3_write_trace
 * @return how many were written; -ENOMEM
 */
long query_write_traces(struct query *q, struct trace *const *traces, size_t n,
	int (*write)(struct json_writer *w, const struct trace *trace));

/* Each reads a parameter of a search; false when it is malformed.  NULL: it was not given. */
bool query_read_limit(struct query *q, const char *text, struct search *search);
bool query_read_min_duration(const char *text, struct search *search);
bool query_read_max_duration(const char *text, struct search *search); /* 0: any, as in Jaeger */

/** A warning about traces that a search which found n may have omitted, or NULL. */
const char *query_left_out(const struct query *q, size_t n);

/** Reads `{"key": "value", ...}` as tags, in the arena; false, with why, for anything else. */
bool query_parse_tags(
	struct query *q, const char *json, struct search *search, char *ret_why, size_t why_bytes);

/** Adds a tag to a search; false beyond 64 tags or out of memory. */
bool query_add_tag(
	struct query *q, struct search *search, struct lt_slice key, struct lt_slice value);

#endif
