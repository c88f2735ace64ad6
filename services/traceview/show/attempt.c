/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c - fetches one trace from a backend. */
#include "show/attempt.h"

#include <stdio.h>
#include <time.h>

#include "base/monotonic.h"

#define POLL_INTERVAL_MS 200
#define RECENT_TRACES 20 /* of each service, searched for the latest */

/* Selects the trace: the one with the given id, or the latest among those with enough spans, else
 * among all. NULL when there is none. */
static struct trace *choose(const struct store *store, uint64_t n_spans)
{
	struct trace *best = NULL;
	bool best_is_enough = false;
	for (struct trace *trace = store_newest(store); trace; trace = trace->older) {
		bool enough = trace->n_spans >= n_spans;
		if (!best || enough > best_is_enough ||
			(enough == best_is_enough && trace->start_ns > best->start_ns)) {
			best = trace;
			best_is_enough = enough;
		}
	}
	return best;
}

static int fetch(struct attempt *attempt, struct fetcher *fetcher, const struct view *view)
{
	const char *id = view->target.trace_id;
	struct fetch_filter filter = {view->service, RECENT_TRACES, 0};
	snprintf(attempt->why, sizeof(attempt->why), "%s has no %s", fetcher_shown(fetcher),
		*id ? "such trace" : "matching trace yet");
	return *id ? fetch_trace(fetcher, id, attempt->store, attempt->why)
		   : fetch_recent(fetcher, &filter, attempt->store, attempt->why);
}

/* Queries the backend once. */
static bool try_once(struct attempt *attempt, struct fetcher *fetcher, const struct view *view,
	const struct wanted *wanted)
{
	struct store_options limits = {.max_bytes = 2 * FETCH_BODY_MAX_BYTES};
	attempt_done(attempt);
	snprintf(attempt->why, sizeof(attempt->why), "out of memory");
	if (store_new(&limits, &attempt->store) || fetch(attempt, fetcher, view))
		return false;
	attempt->trace = choose(attempt->store, wanted->n_spans);
	if (!attempt->trace)
		return false;
	if (attempt->trace->n_spans < wanted->n_spans) {
		snprintf(attempt->why, sizeof(attempt->why),
			"the trace has %zu of the %llu expected spans", attempt->trace->n_spans,
			(unsigned long long)wanted->n_spans);
		return false;
	}
	attempt->why[0] = '\0';
	return !wanted->accept || wanted->accept(wanted->user, attempt->trace);
}

static double now_s(void)
{
	return (double)monotonic_ns() / 1e9;
}

bool attempt_until(struct attempt *attempt, struct fetcher *fetcher, const struct view *view,
	const struct wanted *wanted)
{
	double end_s = attempt_end_s(view->wait_s);
	while (!try_once(attempt, fetcher, view, wanted)) {
		if (!attempt_again(end_s))
			return false;
	}
	return true;
}

void attempt_done(struct attempt *attempt)
{
	store_free(attempt->store);
	attempt->store = NULL;
	attempt->trace = NULL;
}

double attempt_end_s(double wait_s)
{
	return now_s() + wait_s;
}

bool attempt_again(double end_s)
{
	const struct timespec interval = {.tv_nsec = POLL_INTERVAL_MS * 1000000L};
	if (now_s() >= end_s)
		return false;
	nanosleep(&interval, NULL);
	return true;
}
