/* SPDX-License-Identifier: Apache-2.0 */
/* http_counts.h - counts what the server's limits have cost clients, and logs it once an interval.
 *
 * Threads: any. What is counted is rare, except under an overload.
 */
#ifndef SERVICES_HTTP_COUNTS_H
#define SERVICES_HTTP_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

enum http_count {
	HTTP_SHED_REQUESTS, /* beyond REQUESTS_MAX */
	HTTP_SHED_LAG,	    /* while the loop was behind, see LAG_MAX_MS */
	HTTP_SHED_MEMORY,   /* no memory for another request */
	HTTP_SHED_CALLS,    /* no descriptor or memory for a call to another service */
	HTTP_SHED_UPLOADS,  /* traceview's: beyond TRACEVIEW_UPLOADS_MAX_BYTES */
	HTTP_FULL,	    /* times that CONNECTIONS_MAX was reached */
	HTTP_CLOSED_IDLE,   /* connections closed to admit others */
	HTTP_CLOSED_UNREAD, /* whose client did not take its answer in ANSWER_TIMEOUT_MS */
	HTTP_REFUSED,	    /* requests that are not HTTP or ambiguous */
	HTTP_WAITED_TURN,   /* pipelined requests that waited for other connections */
	HTTP_COUNTS
};

void http_count(enum http_count what);

/** Since the start. */
uint64_t http_counted(enum http_count what);

/** The name of a counter, a word with underscores, and what it counts; static. */
const char *http_count_name(enum http_count what);
const char *http_count_help(enum http_count what);

/** Logs what has been counted since the last time, when HTTP_COUNTS_INTERVAL_MS have passed.
 * @param now_ms  any clock; UINT64_MAX: the end
 * @return whether something is left to be logged, later */
bool http_counts_report(uint64_t now_ms);

#define HTTP_COUNTS_INTERVAL_MS 10000

#endif
