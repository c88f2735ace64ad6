/* SPDX-License-Identifier: Apache-2.0 */
#include "process/export_counts.h"

#include "util/clock.h"
#include "util/report.h"

#include <inttypes.h>
#include <string.h>

void lt_export_begin(struct lt_export_counts *counts, size_t n)
{
	counts->began_ns = lt_clock_monotonic_ns();
	atomic_store(&counts->n_inflight, n);
	atomic_fetch_add(&counts->n_processed, n);
}

static void report(const struct lt_exporter *exporter, size_t n, int result, uint64_t ns)
{
	const char *type = lt_exporter_type(exporter);
	if (lt_report_level() < LT_LEVEL_DEBUG)
		return;
	if (result < 0)
		lt_report(LT_LEVEL_DEBUG, "%s: %zu spans not exported within %" PRIu64 " us: %s",
			type, n, ns / 1000, strerror(-result));
	else
		lt_report(LT_LEVEL_DEBUG,
			"%s: %zu spans exported within %" PRIu64 " us, %d rejected", type,
			n - (size_t)result, ns / 1000, result);
}

void lt_export_report_discards(const struct lt_span_data *const *spans, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lt_span_data *span = spans[i];
		if (__builtin_expect(!(span->attrs.n_dropped | span->n_dropped_events |
					     span->n_dropped_links),
			    1))
			continue;
		lt_report_limited("span limits", LT_LEVEL_WARN,
			"over the limits of span \"%.*s\": %u attributes, %u events, %u links "
			"discarded",
			(int)span->name.len, span->name.ptr, span->attrs.n_dropped,
			span->n_dropped_events, span->n_dropped_links);
	}
}

void lt_export_end(struct lt_export_counts *counts, const struct lt_exporter *exporter,
	const struct lt_span_data *const *spans, size_t n, int result)
{
	uint64_t ns = lt_clock_monotonic_ns() - counts->began_ns;
	if (result > 0 && (size_t)result > n)
		result = (int)n;
	enum lt_outcome outcome = result < 0   ? LT_OUTCOME_FAILED
				  : result > 0 ? LT_OUTCOME_REJECTED
					       : LT_OUTCOME_EXPORTED;
	if (result < 0) {
		atomic_fetch_add(&counts->n_failed, n);
	} else {
		atomic_fetch_add(&counts->n_exported, n - (size_t)result);
		atomic_fetch_add(&counts->n_rejected, (size_t)result);
	}
	atomic_store(&counts->n_inflight, 0);
	atomic_fetch_add(&counts->n_operations[outcome], 1);
	atomic_fetch_add(&counts->operation_ns[outcome], ns);
	report(exporter, n, result, ns);
	lt_export_report_discards(spans, n);
}

void lt_export_read(struct lt_export_counts *counts, const struct lt_exporter *exporter,
	struct lt_processor_metrics *metrics)
{
	metrics->exporter_type = lt_exporter_type(exporter);
	metrics->n_processed = atomic_load(&counts->n_processed);
	metrics->n_inflight = atomic_load(&counts->n_inflight);
	metrics->n_exported = atomic_load(&counts->n_exported);
	metrics->n_failed = atomic_load(&counts->n_failed);
	metrics->n_rejected = atomic_load(&counts->n_rejected);
	for (int i = 0; i < LT_N_OUTCOMES; i++) {
		metrics->n_operations[i] = atomic_load(&counts->n_operations[i]);
		metrics->operation_ns[i] = atomic_load(&counts->operation_ns[i]);
	}
}

void lt_export_clear(struct lt_export_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
}
