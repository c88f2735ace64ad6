/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - fetches one trace from a backend, repeatedly until it meets the conditions. */
#ifndef TRACEVIEW_ATTEMPT_H
#define TRACEVIEW_ATTEMPT_H

#include "show/command.h"
#include "show/fetch.h"

/* The conditions of the trace. */
struct wanted {
	uint64_t n_spans; /* at least */
	/* Whether the trace is accepted; NULL: any is. */
	bool (*accept)(void *user, const struct trace *trace);
	void *user;
};

struct attempt {
	struct store *store;
	struct trace *trace;	   /* in store; NULL: not found */
	char why[FETCH_WHY_BYTES]; /* of a failure; "" when accept() rejected the trace */
};

/**
 * Queries view->target, repeatedly until view->wait_s have passed.
 * @param attempt  zeroed; to be freed by attempt_done()
 * @return whether the trace was found; otherwise attempt->trace may be one that does not meet the
 * conditions
 */
bool attempt_until(struct attempt *attempt, struct fetcher *fetcher, const struct view *view,
	const struct wanted *wanted);
void attempt_done(struct attempt *attempt);

/** When wait_s from now will have passed, for attempt_again(). */
double attempt_end_s(double wait_s);

/** Waits a moment before the next attempt; false past end_s. */
bool attempt_again(double end_s);

#endif
