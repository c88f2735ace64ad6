/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - sends requests at given times, whether those before are answered or not, and a trace of
 * each: an INTERNAL span "visit" with the session's id, which is baggage too.  Under
 * libtrace-instrument the CLIENT span of the call is its child. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>

#include "summary.h"

#define LOAD_IN_FLIGHT_MAX 1000 /* more wait for an answer, and are counted as late */
#define LOAD_REQUESTS_MAX 10000000
#define LOAD_SESSIONS_MAX 10000
#define LOAD_URLS_MAX 1000

struct load_options {
	char **urls;	      /* borrowed; they take turns */
	unsigned long n_urls; /* 1 to LOAD_URLS_MAX */
	const char *method;
	double rate_per_s;	  /* mean */
	unsigned long burst;	  /* so many at once; 1: steadily */
	unsigned long n_requests; /* 1 to LOAD_REQUESTS_MAX */
	unsigned long n_sessions; /* 1 to LOAD_SESSIONS_MAX; they take turns */
	unsigned long timeout_ms; /* of a request */
	bool shows_progress;
};

/**
 * Returns when all are answered or timed out; SIGINT and SIGTERM end it sooner, with no new requests.
 *
 * @param ret_summary  for summary_done() in either case
 * @return 0, -ENOMEM, or what setting up signals returned
 */
int load_run(const struct load_options *options, struct summary *ret_summary);

#endif
