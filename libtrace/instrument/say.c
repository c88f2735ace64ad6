/* SPDX-License-Identifier: Apache-2.0 */
#include "say.h"
#include "util/utf8.h"
#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 8192

void say(const char *topic, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (n < 0)
		return;
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	printf("%-10s %.*s\n", topic, (int)lt_utf8_clean(line, (size_t)n), line);
}
