/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - clocks and medians, for micro and export. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <time.h>

/** A clock's time; CLOCK_PROCESS_CPUTIME_ID: what all threads have used, those that ended too. */
double measure_ns(clockid_t clock);

/** Sorts n >= 1 values; the median is the upper one of two, as the peers take it. */
double measure_median(double *values, size_t n);

#endif
