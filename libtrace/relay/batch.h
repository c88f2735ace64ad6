/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - one request for the spans of several programs.
 *
 * A batch is due when a program wants a flush, when as many spans are queued as fit one, or when the
 * oldest have waited for OTEL_BSP_SCHEDULE_DELAY, those of a program that has ended for a second at
 * most.  Then whatever else is queued goes along.
 *
 * A batch that the collector refuses for good is sent again program by program: nobody's spans are
 * lost for another's.
 */
#ifndef LT_RELAY_BATCH_H
#define LT_RELAY_BATCH_H

#include "client.h"

#include <libtrace/sdk.h>

struct batch_settings {
	struct lt_exporter *exporter;
	size_t size;
	uint64_t delay_ms;
	unsigned export_timeout_ms;
	bool counts_all; /* drops of living programs too, which report them themselves */
};

/** To be called first.  Takes no memory for spans yet. */
void batch_set_up(const struct batch_settings *settings);

/** Everything that a program has queued by now is to be sent at once. */
void batch_want_all(struct client *client);

/** What the programs' flushes wait for, and who wants one. */
void batch_see_flushes(struct client *clients);

enum batch_hurry {
	BATCH_USUAL,
	BATCH_NO_WAIT, /* for spans of programs that have ended: no others are to come */
	BATCH_LAST,    /* the relay stops: what cannot be sent is left to programs that live */
};

/**
 * Sends a batch if one is due.
 * @param clients  put into another order, for their turns
 * @return whether another one may be due now
 */
bool batch_send(struct client **clients, enum batch_hurry hurry);

/** Counts what a program has dropped by its end. */
void batch_count_last(const struct client *client);

/** Reports drops since the last report, once a minute at most, and at the end. */
void batch_report_drops(bool is_last);

#endif
