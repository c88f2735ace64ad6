/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - reports that would come again and again: one an interval of each kind. */
#ifndef LT_REPORT_H
#define LT_REPORT_H

#include <libtrace/instrumentation.h>

#define LT_REPORT_INTERVAL_MS 60000 /* between two reports of a kind */
#define LT_REPORT_KINDS 32	    /* known at a time; a further one waits for a place */

/** What OTEL_LOG_LEVEL says: reports beyond it are not printed.  An unknown one is reported at the
 * first call. */
enum lt_level lt_report_level(void);

/**
 * lt_report, at most once every LT_REPORT_INTERVAL_MS for each kind.  A report says how many of its
 * kind were left out before it.
 * @param kind  any text that tells kinds apart, such as an error's; only its hash is kept
 * Threads: any; takes no lock.
 */
void lt_report_limited(const char *kind, enum lt_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Whether a report of this kind is due, which counts as its being made.
 * @param now_ns  lt_clock_monotonic_ns()
 * @param ret_n_left_out  those of its kind that were not due since the last one that was
 */
bool lt_report_is_due(const char *kind, uint64_t now_ns, uint64_t *ret_n_left_out);

#endif
