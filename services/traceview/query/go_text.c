/* SPDX-License-Identifier: Apache-2.0 */
/* go_text.c - prints durations and times like Go. */
#include "query/go_text.h"

#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

/* A fraction of a unit, with its point and without zeros at its end; nothing for 0. */
static void print_fraction(struct buffer *out, uint64_t fraction, uint64_t unit)
{
	for (char before = '.'; fraction; before = '\0') {
		if (before)
			buffer_puts(out, ".");
		unit /= 10;
		char digit = (char)('0' + fraction / unit);
		buffer_put(out, &digit, 1);
		fraction %= unit;
	}
}

static void print_number(struct buffer *out, uint64_t value, uint64_t unit, const char *name)
{
	buffer_printf(out, "%llu", (unsigned long long)(value / unit));
	print_fraction(out, value % unit, unit);
	buffer_puts(out, name);
}

void go_print_duration(struct buffer *out, int64_t duration_ns)
{
	uint64_t ns = duration_ns < 0 ? -(uint64_t)duration_ns : (uint64_t)duration_ns;
	if (duration_ns < 0)
		buffer_puts(out, "-");
	if (ns == 0) {
		buffer_puts(out, "0s");
	} else if (ns < 1000) {
		print_number(out, ns, 1, "ns");
	} else if (ns < 1000000) {
		print_number(out, ns, 1000, "µs");
	} else if (ns < NS_PER_S) {
		print_number(out, ns, 1000000, "ms");
	} else {
		uint64_t minutes = ns / (60 * NS_PER_S);
		if (minutes >= 60)
			buffer_printf(out, "%lluh", (unsigned long long)(minutes / 60));
		if (minutes)
			buffer_printf(out, "%llum", (unsigned long long)(minutes % 60));
		print_number(out, ns % (60 * NS_PER_S), NS_PER_S, "s");
	}
}

void go_print_time(struct buffer *out, uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / NS_PER_S);
	struct tm tm;
	char text[48];
	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buffer_puts(out, text);
	print_fraction(out, time_ns % NS_PER_S, NS_PER_S);
	buffer_puts(out, " +0000 UTC");
}
