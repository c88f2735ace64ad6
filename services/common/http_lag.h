/* SPDX-License-Identifier: Apache-2.0 */
/* http_lag.h - how long a request waits until its loop handles it, and who is shed for that.
 *
 * A limit on requests in flight comes from memory; how many requests a second a processor can take it
 * does not know. Beyond that rate each request waits behind all others that are ready, for seconds.
 *
 * The wait is measured: an event of the loop's own takes its place behind all that is ready in the
 * kernel's list, and when it is reported all of them have had their turn. A wait longer than
 * LAG_MAX_MS is an overload, be it over or not: from then on a share of the requests is answered
 * 503, which is corrected with each measurement so that the wait becomes an eighth of that. A burst
 * is no overload as long as it is worked off in LAG_MAX_MS.
 *
 * Threads: all of it belongs to the loop's thread.
 */
#ifndef SERVICES_HTTP_LAG_H
#define SERVICES_HTTP_LAG_H

#include <stdbool.h>
#include <stdint.h>

#include "h2o_compat.h"

/* The share of requests to be served, by the waits measured. */
struct http_admission {
	uint64_t max_ns, target_ns; /* max_ns 0: no limit */
	double share;		    /* 1: all */
	double credit;		    /* of the next request, which is served once it is 1 */
	bool is_overloaded;	    /* target_ns is to be kept, else max_ns */
	unsigned n_calm;	    /* measurements in a row with nothing to shed */
};

void http_admission_init(struct http_admission *admission, unsigned max_ms);

/** Corrects the share by a measurement. */
void http_admission_measured(struct http_admission *admission, uint64_t lag_ns);

/** Whether the next request is to be served. */
bool http_admission_admits(struct http_admission *admission);

struct http_lag {
	struct http_admission admission;
	h2o_loop_t *loop;
	h2o_socket_t *sock;    /* of an eventfd; NULL: no limit */
	unsigned n_requests;   /* since the last measurement began */
	uint64_t sent_ns;      /* 0: no measurement is under way */
	bool has_come;	       /* its event, in this turn */
	uint64_t next_at_ns;   /* not before */
	uint64_t turned_at_ms; /* by h2o_now()'s clock: the last turn's end, if share is below 1 */
};

/** @param max_ms  LAG_MAX_MS; 0: no limit
 * @return 0 or -Exxx; http_lag_stop() is fine after either */
int http_lag_start(struct http_lag *lag, h2o_loop_t *loop, unsigned max_ms);
void http_lag_stop(struct http_lag *lag);

/** To be called for each request that may be shed. @return whether it is to be served */
bool http_lag_admits(struct http_lag *lag);

/** To be called at the end of each turn of the loop. */
void http_lag_turn(struct http_lag *lag);

#endif
