/* SPDX-License-Identifier: Apache-2.0 */
/* export_counts.h - what became of the spans that a processor gave to its exporter, for
 * lt_provider_metrics() and for reports.
 *
 * One thread at a time exports; any thread reads.  Zero is a valid start.
 */
#ifndef LT_EXPORT_COUNTS_H
#define LT_EXPORT_COUNTS_H

#include <libtrace/sdk.h>
#include <stdatomic.h>

struct lt_export_counts {
	_Atomic uint64_t n_processed, n_inflight;
	_Atomic uint64_t n_exported, n_failed, n_rejected; /* spans */
	_Atomic uint64_t n_operations[LT_N_OUTCOMES], operation_ns[LT_N_OUTCOMES];
	uint64_t began_ns; /* monotonic: of the current operation; the exporter's thread's */
};

static inline const char *lt_exporter_type(const struct lt_exporter *exporter)
{
	return exporter->impl->type ? exporter->impl->type : "custom_span_exporter";
}

/** An operation begins: n spans are given to the exporter, once or, if it returns them, more often. */
void lt_export_begin(struct lt_export_counts *counts, size_t n);

/** It has ended, with what the exporter has returned last. */
void lt_export_end(struct lt_export_counts *counts, const struct lt_exporter *exporter,
	const struct lt_span_data *const *spans, size_t n, int result);

/** Adds them to a processor's. */
void lt_export_read(struct lt_export_counts *counts, const struct lt_exporter *exporter,
	struct lt_processor_metrics *metrics);

/** For a fork's child: what has been counted is the parent's. */
void lt_export_clear(struct lt_export_counts *counts);

/** Reports spans over a limit of theirs, of which something has been discarded.  Each span is to be
 * shown once.
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits */
void lt_export_report_discards(const struct lt_span_data *const *spans, size_t n);

#endif
