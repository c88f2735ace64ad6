/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - fetches traces from a query API, traceview's or Jaeger's.
 *
 * Uses only what is the same in Jaeger 2.13 to 2.21: /api/v3 with snake_case parameters, and
 * /api/traces/{id}.
 */
#ifndef TRACEVIEW_FETCH_H
#define TRACEVIEW_FETCH_H

#include "base/buffer.h"
#include "store/store.h"

#include <time.h>

#define FETCH_BODY_MAX_BYTES                                                                       \
	((size_t)256 * 1024 * 1024) /* of an answer; a longer one is an error */
#define FETCH_WHY_BYTES 512

struct fetcher; /* one connection to one backend */

/** @param url  such as "http://localhost:16686"; copied. @return 0 or -ENOMEM */
LT_CHECKED int fetcher_new(const char *url, struct fetcher **ret_fetcher);
void fetcher_free(struct fetcher *fetcher); /* NULL is fine */

/** The URL as messages show it, without user and password; borrowed. */
const char *fetcher_shown(const struct fetcher *fetcher);

/* Each returns 0; -ENOENT when there is no such trace; -EIO with why, when the backend cannot be
 * reached or its answer is malformed. */

/** Puts the trace of that id into store. */
LT_CHECKED int fetch_trace(struct fetcher *fetcher, const char *trace_id, struct store *store,
	char ret_why[FETCH_WHY_BYTES]);

struct fetch_filter {
	const char *service; /* NULL: every service, without Jaeger itself when there are others */
	unsigned n_traces;   /* of each service; the newest */
	time_t since_s;	     /* Unix time; 0: those of the last hour, else all */
};

/** Puts recent traces into store. */
LT_CHECKED int fetch_recent(struct fetcher *fetcher, const struct fetch_filter *filter,
	struct store *store, char ret_why[FETCH_WHY_BYTES]);

/** Gets a trace in Jaeger's own JSON, unchanged. @param out failures stick to it */
LT_CHECKED int fetch_raw(struct fetcher *fetcher, const char *trace_id, struct buffer *out,
	char ret_why[FETCH_WHY_BYTES]);

#endif
