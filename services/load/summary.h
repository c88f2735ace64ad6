/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - counts how requests ended, and says it in a few lines. */
#ifndef LOAD_SUMMARY_H
#define LOAD_SUMMARY_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SUMMARY_STATUS_MAX 599

struct summary {
	unsigned long n_sent, n_late, n_answered, n_failed;
	unsigned long n_traces;				 /* sampled */
	unsigned long by_status[SUMMARY_STATUS_MAX + 1]; /* of answers; 0: another number */
	unsigned long by_error[CURL_LAST];		 /* of requests without one */
	uint64_t *durations_us;				 /* of answers */
	size_t capacity;
	uint64_t took_ns; /* from the first request to the last answer */
};

/** @param n  as many requests as it can count  @return 0 or -ENOMEM */
int summary_init(struct summary *summary, size_t n);
void summary_done(struct summary *summary);

void summary_answered(struct summary *summary, long status, uint64_t duration_us);
void summary_failed(struct summary *summary, CURLcode error);

/** Sorts the durations. */
void summary_print(struct summary *summary, FILE *to);

#endif
