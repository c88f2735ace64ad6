/* SPDX-License-Identifier: Apache-2.0 */
/* pq_comment.h - the span's context in a query's text, for whoever reads the database's log.
 *
 * Source: https://google.github.io/sqlcommenter/spec/ */
#ifndef LT_AGENT_PQ_COMMENT_H
#define LT_AGENT_PQ_COMMENT_H

#include "hook_libpq/pq_connection.h"

#define PQ_COMMENTED_MAX_BYTES 65536 /* a longer text is sent as it is */

/**
 * Appends a comment with traceparent and tracestate to a query.
 *
 * @param connection  NULL: none
 * @param span        NULL: no comment
 * @return new, for free(); NULL: the query is to be sent as it is.  That is without OTEL_C_SQLCOMMENTER,
 *         or where it has a comment already, or a comment might change what it means
 */
char *pq_comment(struct hook_library *library, struct pq_connection *connection,
	const struct lt_span *span, const char *query);

#endif
