/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - work to do when the process exits, with one time limit for all of it. */
#ifndef LT_EXIT_H
#define LT_EXIT_H

#include <stdbool.h>

/* Embedded in its owner, which sets run only. */
struct lt_exit_entry {
	void (*run)(struct lt_exit_entry *entry, unsigned timeout_ms); /* called without a lock */
	/* Of exit.c, under its lock. */
	struct lt_exit_entry *next;
	unsigned timeout_ms;
	bool has_run;
};

/**
 * Registers entry->run to be called at exit; entries run in the order of registration.
 * @param entry  borrowed until the exit or its removal; registering it again changes the limit
 * @param timeout_ms  its limit; the exit takes no longer than the longest of all limits, and each
 *   entry gets a share of the time that is left
 */
void lt_exit_add(struct lt_exit_entry *entry, unsigned timeout_ms);

/** Removes an entry if it is registered; waits while an exit is running it. */
void lt_exit_remove(struct lt_exit_entry *entry);

/** Removes all entries; does not wait. */
void lt_exit_clear(void);

/** Registers our exit handler anew, so that it runs before those registered until now. */
void lt_exit_renew(void);

#endif
