/* SPDX-License-Identifier: Apache-2.0 */
#include "process/batch_drops.h"

#include "util/clock.h"
#include "util/report.h"

#include <inttypes.h>
#include <stdio.h>

#define REPORT_INTERVAL_NS UINT64_C(60000000000)

void lt_batch_drops_add(struct lt_batch_drops *drops, enum lt_drop reason, uint64_t n)
{
	atomic_fetch_add_explicit(&drops->counts[reason], n, memory_order_relaxed);
}

uint64_t lt_batch_drops_turned_away(struct lt_batch_drops *drops)
{
	return atomic_load(&drops->counts[LT_DROP_FULL]) +
	       atomic_load(&drops->counts[LT_DROP_BYTES]);
}

uint64_t lt_batch_drops_lost(struct lt_batch_drops *drops)
{
	return atomic_load(&drops->counts[LT_DROP_FAILED]) +
	       atomic_load(&drops->counts[LT_DROP_REJECTED]);
}

uint64_t lt_batch_drops_take(struct lt_batch_drops *drops, bool is_last)
{
	uint64_t now_ns = lt_clock_monotonic_ns(), sum = 0;
	if (!is_last && drops->reported_ns && now_ns - drops->reported_ns < REPORT_INTERVAL_NS)
		return 0;
	for (int i = 0; i < LT_N_DROPS; i++)
		sum += atomic_load(&drops->counts[i]);
	uint64_t n_new = sum - drops->reported;
	if (n_new) {
		drops->reported = sum;
		drops->reported_ns = now_ns;
	}
	return n_new;
}

void lt_batch_drops_report(
	struct lt_batch_drops *drops, uint64_t n_new, const struct lt_batch_options *limits)
{
	static const char *const reasons[LT_N_DROPS] = {
		[LT_DROP_FULL] = "with as many queued as may be",
		[LT_DROP_BYTES] = "with as much memory queued as may be",
		[LT_DROP_FAILED] = "that could not be exported",
		[LT_DROP_REJECTED] = "that the collector rejected",
		[LT_DROP_LATE] = "that ended after shutdown",
	};
	char list[256] = "";
	int len = 0;
	for (int i = 0; i < LT_N_DROPS; i++) {
		uint64_t n = atomic_load(&drops->counts[i]);
		if (n)
			len += snprintf(list + len, sizeof(list) - (size_t)len, "%s%" PRIu64 " %s",
				len ? ", " : "", n, reasons[i]);
	}
	lt_report(LT_LEVEL_WARN,
		"%" PRIu64 " spans dropped since the last report (since start: %s; the queue takes "
		"%zu spans and %zu MiB)",
		n_new, list, limits->max_queue_size, limits->max_queue_bytes >> 20);
}

void lt_batch_drops_clear(struct lt_batch_drops *drops)
{
	for (int i = 0; i < LT_N_DROPS; i++)
		atomic_store(&drops->counts[i], 0);
	drops->reported = drops->reported_ns = 0;
}
