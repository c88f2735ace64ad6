/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - the one way in which libtrace says anything about itself. */
#ifndef LT_REPORT_H
#define LT_REPORT_H

#include <libtrace/sdk.h>

/** Says it to the handler, or to standard error when OTEL_LOG_LEVEL lets it pass; one line, no
 * newline. */
void lt_report(enum lt_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
