/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - Jaeger's query API over the store: a path in, JSON out, no sockets.
 *
 * Answers equal those of Jaeger 2.13 to 2.21, the wording of errors included where programs may
 * depend on it. Unlike in Jaeger, a search without `start` or `lookback` covers the whole store.
 *
 * Source: https://www.jaegertracing.io/docs/latest/architecture/apis/ and
 * cmd/jaeger/internal/extension/jaegerquery of Jaeger
 */
#ifndef TRACEVIEW_QUERY_H
#define TRACEVIEW_QUERY_H

#include "base/buffer.h"
#include "store/store.h"

/* Limit of an answer. A search stops before the trace that would exceed it and reports that. A
 * single trace in a store of default size stays below it, unless it consists of control
 * characters. */
#define ANSWER_MAX_BYTES ((size_t)128 * 1024 * 1024)

/* Traces that one search returns at most, whatever its `limit`. */
#define SEARCH_LIMIT_MAX 1500
#define SEARCH_LIMIT_DEFAULT 100

enum query_method { QUERY_GET, QUERY_POST, QUERY_OTHER_METHOD };

struct answer {
	int status;	    /* HTTP status */
	const char *allow;  /* with status 405: the value of that header; static */
	struct buffer body; /* JSON; to be freed by the caller */
};

/**
 * Answers a request for a path below /api/.
 * @param method      QUERY_GET for HEAD as well
 * @param path        still percent-encoded
 * @param query       what follows '?', or empty
 * @param ret_answer  always filled
 */
void query_answer(const struct store *store, enum query_method method, struct lt_slice path,
	struct lt_slice query, struct answer *ret_answer);

#endif
