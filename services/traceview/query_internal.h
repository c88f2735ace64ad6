/* SPDX-License-Identifier: Apache-2.0 */
/* query_internal.h - what the two generations of the query API share; for query*.c only. */
#ifndef TRACEVIEW_QUERY_INTERNAL_H
#define TRACEVIEW_QUERY_INTERNAL_H

#include "json_writer.h"
#include "params.h"
#include "query.h"
#include "search.h"

struct query {
	const struct store *store;
	const char *captured; /* what stood for {} in the path; decoded; "" for none */
	struct params params;
	struct arena arena; /* of the query and its results */
	struct answer *answer;
	struct json_writer writer; /* into the answer's body */
};

/**
 * Reads a trace id as Jaeger does: up to 32 hex digits, shorter ones are padded on the left.
 * @param ret_why  a buffer for what is wrong with it
 */
bool query_parse_trace_id(const char *text, uint8_t ret_id[16], char *ret_why, size_t why_bytes);

/**
 * Writes traces one after the other, as long as they fit in an answer.
 * @param write  jaeger_write_trace or v3_write_trace
 * @return how many were written; -ENOMEM
 */
long query_write_traces(struct query *q, struct trace *const *traces, size_t n,
	int (*write)(struct json_writer *w, const struct trace *trace));

/** Reads `{"key": "value", ...}` as tags, in the arena; false, and why, for anything else. */
bool query_parse_tags(
	struct query *q, const char *json, struct search *search, char *ret_why, size_t why_bytes);

/** Adds a tag to a search; false without memory, or at 64. */
bool query_add_tag(
	struct query *q, struct search *search, struct lt_slice key, struct lt_slice value);

/* The routes: each answers, or leaves the body empty and answers with one of the errors. */
void v1_services(struct query *q);
void v1_service_operations(struct query *q);
void v1_operations(struct query *q);
void v1_traces(struct query *q);
void v1_trace(struct query *q);
void v1_dependencies(struct query *q);
void v1_error(struct query *q, int status, const char *message);

void v3_services(struct query *q);
void v3_operations(struct query *q);
void v3_traces(struct query *q);
void v3_trace(struct query *q);
void v3_trace_summaries(struct query *q);
void v3_error(struct query *q, int status, const char *message);

#endif
