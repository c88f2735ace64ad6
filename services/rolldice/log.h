/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - log lines on standard error. */
#ifndef LOG_H
#define LOG_H

/* As printf(); level is "INFO", "WARN", ... */
void log_line(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
