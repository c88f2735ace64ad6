/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - diagnostics: few, whole lines, on standard error unless the program takes them. */
#include <libtrace/instrumentation.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 }; /* longer texts are cut */

static const char *const level_names[] = {"none", "error", "warn", "info", "debug"};

static void (*handler)(enum lt_level, const char *, void *);
static void *handler_user;

/* https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ :
 * OTEL_LOG_LEVEL */
static enum lt_level level_from_env(void)
{
	const char *value = getenv("OTEL_LOG_LEVEL");
	if (value)
		for (int i = 0; i <= LT_LEVEL_DEBUG; i++)
			if (strcasecmp(value, level_names[i]) == 0)
				return (enum lt_level)i;
	return LT_LEVEL_INFO;
}

void lt_set_report_handler(
	void (*new_handler)(enum lt_level level, const char *text, void *user), void *user)
{
	handler_user = user;
	handler = new_handler;
}

void lt_report(enum lt_level level, const char *format, ...)
{
	static atomic_int threshold = -1;
	if (atomic_load_explicit(&threshold, memory_order_relaxed) < 0)
		atomic_store_explicit(&threshold, level_from_env(), memory_order_relaxed);

	char line[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);

	if (handler) {
		handler(level, line, handler_user);
		return;
	}
	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	char out[LINE_MAX_BYTES + 32];
	int n = snprintf(out, sizeof out, "libtrace: %s: %s\n", level_names[level], line);
	ssize_t ignored = write(STDERR_FILENO, out, (size_t)n); /* one write: lines never mix */
	(void)ignored;
}
