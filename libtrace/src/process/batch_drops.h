/* SPDX-License-Identifier: Apache-2.0 */
/* batch_drops.h - how many spans a batch processor has lost, by reason, and the report of it. */
#ifndef LT_BATCH_DROPS_H
#define LT_BATCH_DROPS_H

#include <libtrace/sdk.h>
#include <stdatomic.h>

enum lt_drop {
	LT_DROP_FULL,	  /* as many spans were queued as may be */
	LT_DROP_BYTES,	  /* as much memory was queued as may be */
	LT_DROP_FAILED,	  /* the exporter failed */
	LT_DROP_REJECTED, /* the collector rejected it */
	LT_DROP_LATE,	  /* it ended after shutdown */
	LT_N_DROPS
};

/* Zero is a valid start. */
struct lt_batch_drops {
	_Atomic uint64_t counts[LT_N_DROPS]; /* since the start */
	/* The processor's lock: */
	uint64_t reported;    /* their sum at the last report, */
	uint64_t reported_ns; /* and its time; 0: never */
};

/** Any thread. */
void lt_batch_drops_add(struct lt_batch_drops *drops, enum lt_drop reason, uint64_t n);

/** Of spans that found no place in the queue. */
uint64_t lt_batch_drops_turned_away(struct lt_batch_drops *drops);

/** Of spans that were taken from the queue and did not arrive. */
uint64_t lt_batch_drops_lost(struct lt_batch_drops *drops);

/** The number since the last report, which counts as reported; 0 when no report is due: the first
 * is at once, then one an interval, and the last.  The processor's lock held. */
uint64_t lt_batch_drops_take(struct lt_batch_drops *drops, bool is_last);

/** Reports n_new more drops, with the sum of each reason.  The processor's lock not held. */
void lt_batch_drops_report(
	struct lt_batch_drops *drops, uint64_t n_new, const struct lt_batch_options *limits);

/** For a fork's child: what has been counted is the parent's. */
void lt_batch_drops_clear(struct lt_batch_drops *drops);

#endif
