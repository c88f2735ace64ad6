/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - a thread's own state, and whether it suppresses instrumentation. */
#include "util/thread.h"

#include <libtrace/instrumentation.h>

__thread struct lt_thread lt_thread LT_TLS_MODEL;

void lt_suppress_enter(void)
{
	lt_thread.suppressed++;
}

void lt_suppress_leave(void)
{
	if (lt_thread.suppressed) /* one leave too many must not suppress for ever */
		lt_thread.suppressed--;
}

bool lt_suppressed(void)
{
	return lt_thread.suppressed > 0;
}
