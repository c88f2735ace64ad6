/* SPDX-License-Identifier: Apache-2.0 */
/* end.h - how a program has ended, and what that makes of the spans that were open. */
#ifndef LT_RELAY_END_H
#define LT_RELAY_END_H

#include "reader.h"

enum end_cause {
	END_UNKNOWN,
	END_EXIT,
	END_SIGNAL,
	END_EXEC,
	END_KILLED, /* without an exit, by whatever */
	END_MEMORY, /* by the kernel, for lack of it */
};

struct end {
	enum end_cause cause;
	int number;	  /* exit code or signal */
	uint64_t time_ns; /* Unix time */
};

/** Asks the kernel, which tells when the process has been reaped (Linux 6.15); false: not (yet). */
bool end_read(int pidfd, struct end *end);

/** Ends a copy of a span that was open: status Error, error.type and an event. */
void end_apply(const struct end *end, struct span_copy *span);

#endif
