/* SPDX-License-Identifier: Apache-2.0 */
/* reports.h - keeps libtrace's reports for tests. */
#ifndef REPORTS_H
#define REPORTS_H

#include <libtrace/sdk.h>
#include <stdio.h>

static char last_report[1024];

static inline void keep_report(enum lt_level level, const char *text, void *user)
{
	snprintf(last_report, sizeof(last_report), "%s", text);
}

/* Starts keeping reports, with none kept so far. */
static inline void keep_reports(void)
{
	last_report[0] = '\0';
	lt_set_report_handler(keep_report, NULL);
}

#endif
