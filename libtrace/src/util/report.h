/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - limits repeated reports to one of each kind per interval. */
#ifndef LT_REPORT_H
#define LT_REPORT_H

#include <libtrace/instrumentation.h>

#define LT_REPORT_INTERVAL_MS 60000 /* between two reports of a kind */
#define LT_REPORT_KINDS 32	    /* kept at a time; a further kind waits for a place */

/** The level of OTEL_LOG_LEVEL: reports beyond it are not printed.  The first call reports an
 * invalid one. */
enum lt_level lt_report_level(void);

/** Replaces it. */
void lt_report_set_level(enum lt_level level);

/**
 * lt_report(), at most once every LT_REPORT_INTERVAL_MS for each kind.  A report tells how many of
 * its kind were suppressed before it.
 * @param kind any text that distinguishes kinds, such as an error's; only its hash is kept
 * Threads: any; takes no lock.
 */
void lt_report_limited(const char *kind, enum lt_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Whether a report of this kind is due; if so, it counts as made.
 * @param now_ns  lt_clock_monotonic_ns()
 * @param ret_n_left_out  reports of its kind that were suppressed since the last one
 */
bool lt_report_is_due(const char *kind, uint64_t now_ns, uint64_t *ret_n_left_out);

#endif
