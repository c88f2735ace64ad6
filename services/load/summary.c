/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"

#include <errno.h>
#include <stdlib.h>

int summary_init(struct summary *summary, size_t n)
{
	*summary = (struct summary){.capacity = n};
	summary->durations_us = calloc(n, sizeof(*summary->durations_us));
	return summary->durations_us ? 0 : -ENOMEM;
}

void summary_done(struct summary *summary)
{
	free(summary->durations_us);
}

void summary_answered(struct summary *summary, long status, uint64_t duration_us)
{
	summary->durations_us[summary->n_answered++] = duration_us;
	summary->by_status[status > 0 && status <= SUMMARY_STATUS_MAX ? status : 0]++;
}

void summary_failed(struct summary *summary, CURLcode error)
{
	summary->n_failed++;
	summary->by_error[error < CURL_LAST ? error : CURLE_OBSOLETE20]++;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* That of which percent of the answers took no longer, in milliseconds. */
static double percentile_ms(const struct summary *summary, unsigned percent)
{
	size_t rank = (summary->n_answered * percent + 99) / 100;

	return (double)summary->durations_us[rank > 0 ? rank - 1 : 0] / 1000;
}

void summary_print(struct summary *summary, FILE *to)
{
	double took_s = (double)summary->took_ns / 1e9;

	fprintf(to, "%lu requests in %.1f s", summary->n_sent, took_s);
	if (summary->n_sent > 1 && took_s > 0)
		fprintf(to, ", %.1f a second", (double)summary->n_sent / took_s);
	if (summary->n_late > 0)
		fprintf(to, "; %lu began late: too many were unanswered", summary->n_late);
	fputc('\n', to);
	for (int status = 0; status <= SUMMARY_STATUS_MAX; status++) {
		if (summary->by_status[status] > 0)
			fprintf(to, "status %d: %lu\n", status, summary->by_status[status]);
	}
	for (int error = 0; error < CURL_LAST; error++) {
		if (summary->by_error[error] > 0)
			fprintf(to, "no answer: %lu (%s)\n", summary->by_error[error],
				curl_easy_strerror((CURLcode)error));
	}
	if (summary->n_answered > 0) {
		qsort(summary->durations_us, summary->n_answered, sizeof(uint64_t), by_value);
		fprintf(to,
			"answered after: median %.1f ms, 95 %% %.1f ms, 99 %% %.1f ms, "
			"longest %.1f ms\n",
			percentile_ms(summary, 50), percentile_ms(summary, 95),
			percentile_ms(summary, 99), percentile_ms(summary, 100));
	}
	fprintf(to, "traces: %lu\n", summary->n_traces);
}
