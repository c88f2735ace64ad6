/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_libpq/pq_comment.h"
#include "database/sql_token.h"
#include "hook/agent.h"
#include "hook_libpq/pq_command.h"
#include <libtrace/propagation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "/" "*traceparent='...',tracestate='...'*" "/", each byte of the values encoded as three at most. */
#define COMMENT_MAX_BYTES (64 + 3 * (LT_TRACEPARENT_LEN + LT_TRACESTATE_MAX))

/* The walsender's commands have a grammar of their own, without comments. */
static bool replicates(struct hook_library *library, struct pq_connection *connection)
{
	if (connection->replication == PQ_REPLICATION_UNKNOWN) {
		struct pq_option *options = PQ_REAL(library, PQconninfo)(connection->conn);
		connection->replication = options ? PQ_REPLICATION_NO : PQ_REPLICATION_YES;
		for (struct pq_option *option = options; option && option->keyword; option++) {
			if (strcmp(option->keyword, "replication") == 0 && option->value)
				connection->replication = PQ_REPLICATION_YES;
		}
		PQ_REAL(library, PQconninfoFree)(options);
	}
	return connection->replication == PQ_REPLICATION_YES;
}

/* Whether what is appended to a text is behind all of its tokens: not within a string or a name that is
 * not closed. */
static bool is_complete(enum sql_dialect dialect, const char *text, size_t query_len, size_t len)
{
	struct sql_reader reader = {dialect, {text, len}};
	struct lt_slice last = {NULL, 0};

	for (;;) {
		struct sql_token token = sql_next(&reader);
		if (token.kind == SQL_END)
			break;
		last = token.text;
	}
	return last.ptr && last.ptr + last.len <= text + query_len;
}

static size_t append_encoded(char *to, const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
				(c >= 'A' && c <= 'Z') || strchr("-._~", c);
		n += (size_t)(is_plain ? sprintf(to + n, "%c", c) : sprintf(to + n, "%%%02X", c));
	}
	return n;
}

static size_t append(char *to, const char *key, const char *value)
{
	size_t n = (size_t)sprintf(to, "%s='", key);

	n += append_encoded(to + n, value);
	to[n++] = '\'';
	return n;
}

static size_t write_comment(char *to, const struct lt_span_context *context)
{
	char traceparent[LT_TRACEPARENT_LEN + 1];
	size_t n = (size_t)sprintf(to, " /*");

	lt_traceparent_print(context, traceparent);
	n += append(to + n, "traceparent", traceparent);
	if (context->tracestate[0]) {
		to[n++] = ',';
		n += append(to + n, "tracestate", context->tracestate);
	}
	return n + (size_t)sprintf(to + n, "*/");
}

char *pq_comment(struct hook_library *library, struct pq_connection *connection,
	const struct lt_span *span, const char *query)
{
	if (!agent.comments_queries || !connection || !span)
		return NULL;
	size_t len = strnlen(query, PQ_COMMENTED_MAX_BYTES + 1);
	const struct lt_span_context context = lt_span_get_context(span);
	if (len > PQ_COMMENTED_MAX_BYTES || !lt_span_context_is_valid(&context) ||
		strstr(query, "--") || strstr(query, "/*") || replicates(library, connection))
		return NULL;
	char *text = malloc(len + COMMENT_MAX_BYTES);
	if (!text)
		return NULL;
	memcpy(text, query, len);
	size_t all = len + write_comment(text + len, &context);
	if (is_complete(pq_command_dialect(library, connection->conn), text, len, all))
		return text;
	free(text);
	return NULL;
}
