/* SPDX-License-Identifier: Apache-2.0 */
/* log.c with the ids of the current span in each line, by which a line is found from its trace. */
#include "log.h"

#include <libtrace/trace.h>
#include <stdarg.h>
#include <stdio.h>

void log_line(const char *level, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	struct lt_log_ids ids = lt_log_ids();
	fprintf(stderr, "%s %s%s\n", level, message, ids.text);
}
