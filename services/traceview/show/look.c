/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - prints durations. */
#include "show/look.h"

void duration_print(struct buffer *out, uint64_t duration_ns, bool ascii)
{
	static const struct {
		double ns;
		const char *name, *ascii_name;
	} units[] = {{1e9, "s", "s"}, {1e6, "ms", "ms"}, {1e3, "µs", "us"}, {1, "ns", "ns"}};
	uint64_t seconds = duration_ns / 1000000000;
	if (seconds >= 3600) {
		buffer_printf(out, "%llu h %llu m", (unsigned long long)(seconds / 3600),
			(unsigned long long)(seconds / 60 % 60));
		return;
	}
	if (seconds >= 60) {
		buffer_printf(out, "%llu m %llu s", (unsigned long long)(seconds / 60),
			(unsigned long long)(seconds % 60));
		return;
	}
	size_t i = 0;
	while (i < 3 && (double)duration_ns < units[i].ns * 0.9995)
		i++;
	double value = (double)duration_ns / units[i].ns;
	int decimals = i == 3 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	buffer_printf(out, "%.*f %s", decimals, value, ascii ? units[i].ascii_name : units[i].name);
}
