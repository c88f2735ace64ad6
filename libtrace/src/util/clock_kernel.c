/* SPDX-License-Identifier: Apache-2.0 */
/* clock_kernel.c - reads the time from the kernel: for other processors, and for a build that is
 * plain (meson_options.txt). */
#include "util/clock.h"

uint64_t lt_clock_read_ns(void)
{
	return lt_clock_look_if_due(lt_clock_monotonic_ns());
}
