/* SPDX-License-Identifier: Apache-2.0 */
#include "http_counts.h"

#include <stdatomic.h>

#include "log.h"

static _Atomic uint64_t counts[HTTP_COUNTS], reported[HTTP_COUNTS];
static _Atomic uint64_t report_at_ms;

static const struct {
	const char *name, *help; /* for a metric */
	const char *message;	 /* of the log; NULL: no cause for one */
} kinds[HTTP_COUNTS] = {
	[HTTP_SHED_REQUESTS] = {"requests_shed_total",
		"Requests answered 503: REQUESTS_MAX were in flight.",
		"requests answered 503: REQUESTS_MAX are in flight"},
	[HTTP_SHED_LAG] = {"requests_shed_lag_total",
		"Requests answered 503: requests waited for their turn.",
		"requests answered 503: they waited LAG_MAX_MS for their turn"},
	[HTTP_SHED_MEMORY] = {"requests_shed_memory_total",
		"Requests answered 503: memory was short.",
		"requests answered 503: memory is short"},
	[HTTP_SHED_CALLS] = {"requests_shed_calls_total",
		"Requests answered 503: no descriptor or memory for a call.",
		"requests answered 503: no descriptor or memory for a call"},
	[HTTP_SHED_UPLOADS] = {"uploads_refused_total",
		"Unfinished requests refused: too many bytes of all of them.",
		"unfinished requests refused: they exceed TRACEVIEW_UPLOADS_MAX_BYTES together"},
	[HTTP_FULL] = {"connections_full_total", "Times that CONNECTIONS_MAX was reached.",
		"new connections waited: CONNECTIONS_MAX are open"},
	[HTTP_CLOSED_IDLE] = {"connections_closed_idle_total",
		"Idle connections closed to admit others.",
		"idle connections closed to admit others"},
	[HTTP_CLOSED_UNREAD] = {"connections_closed_unread_total",
		"Connections closed: the client did not take its answer.",
		"connections closed: ANSWER_TIMEOUT_MS passed and the answer was not taken"},
	[HTTP_REFUSED] = {"requests_malformed_total", "Requests refused: not HTTP, or ambiguous.",
		"requests refused: not HTTP, or ambiguous"},
	[HTTP_WAITED_TURN] = {"requests_waited_turn_total",
		"Pipelined requests that waited for other connections' turns.", NULL},
};

void http_count(enum http_count what)
{
	atomic_fetch_add_explicit(&counts[what], 1, memory_order_relaxed);
}

uint64_t http_counted(enum http_count what)
{
	return atomic_load_explicit(&counts[what], memory_order_relaxed);
}

const char *http_count_name(enum http_count what)
{
	return kinds[what].name;
}

const char *http_count_help(enum http_count what)
{
	return kinds[what].help;
}

static bool has_news(void)
{
	for (int i = 0; i < HTTP_COUNTS; i++) {
		if (kinds[i].message &&
			http_counted((enum http_count)i) > atomic_load(&reported[i]))
			return true;
	}
	return false;
}

/* @return whether it is this thread's turn to report */
static bool is_due(uint64_t now_ms)
{
	uint64_t at_ms = atomic_load(&report_at_ms);

	if (now_ms == UINT64_MAX)
		return true;
	return now_ms >= at_ms && atomic_compare_exchange_strong(
					  &report_at_ms, &at_ms, now_ms + HTTP_COUNTS_INTERVAL_MS);
}

bool http_counts_report(uint64_t now_ms)
{
	if (!has_news())
		return false;
	if (!is_due(now_ms))
		return true;
	for (int i = 0; i < HTTP_COUNTS; i++) {
		uint64_t n = http_counted((enum http_count)i);
		uint64_t before = atomic_exchange(&reported[i], n);
		if (n > before && kinds[i].message)
			log_warn(kinds[i].message,
				LOG_FIELDS(log_int("times", (int64_t)(n - before)),
					log_int("total", (int64_t)n)));
	}
	return false;
}
