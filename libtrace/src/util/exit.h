/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - what is to be done before a process exits, within one limit for all of it. */
#ifndef LT_EXIT_H
#define LT_EXIT_H

#include <stdbool.h>

/* Embedded in its owner, who sets run only. */
struct lt_exit_entry {
	void (*run)(struct lt_exit_entry *entry, unsigned timeout_ms); /* called without a lock */
	/* Of exit.c, under its lock. */
	struct lt_exit_entry *next;
	unsigned timeout_ms;
	bool has_run;
};

/**
 * Has entry->run called when the process exits, in the order in which they were registered.
 * @param entry  borrowed until the exit or until it is removed; registered again: the limit is
 *   changed
 * @param timeout_ms  what it may take; the exit waits as long as the longest of all limits, and
 *   each gets a share of what is left
 */
void lt_exit_add(struct lt_exit_entry *entry, unsigned timeout_ms);

/** Forgets an entry, if it is registered; waits while an exit is running it. */
void lt_exit_remove(struct lt_exit_entry *entry);

/** Forgets all entries; does not wait. */
void lt_exit_clear(void);

/** Moves our exit handler before those registered until now: exit runs the latest first. */
void lt_exit_renew(void);

#endif
