/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - asks a backend for one trace until it is there, and is what it should be. */
#ifndef TRACEVIEW_ATTEMPT_H
#define TRACEVIEW_ATTEMPT_H

#include "show/command.h"
#include "show/fetch.h"

/* Which trace is wanted. */
struct wanted {
	uint64_t n_spans; /* at least */
	/* Whether the trace is as it should be; NULL: any is. */
	bool (*accept)(void *user, const struct trace *trace);
	void *user;
};

struct attempt {
	struct store *store;
	struct trace *trace;	   /* in store; NULL: not found */
	char why[FETCH_WHY_BYTES]; /* of a failure; "" when accept() refused the trace */
};

/**
 * Asks once, and again until view->wait_s have passed, for view->target.
 * @param attempt  zeroed; to be freed by attempt_done()
 * @return whether the trace that is wanted is there; if not, attempt->trace may still be one
 */
bool attempt_until(struct attempt *attempt, struct fetcher *fetcher, const struct view *view,
	const struct wanted *wanted);
void attempt_done(struct attempt *attempt);

#endif
