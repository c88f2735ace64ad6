/* SPDX-License-Identifier: Apache-2.0 */
/* leader.h - whether the program's threads have all ended, the main one by pthread_exit.
 *
 * Then a process ends, unless some thread of ours keeps it.  https://man7.org/linux/man-pages/man3/
 * pthread_exit.3.html
 */
#ifndef LT_LEADER_H
#define LT_LEADER_H

#include <stdbool.h>

/** Calls on_leave on the main thread when that leaves by pthread_exit; once in a process.  Where
 * this is not the main thread, it stays unnoticed until somebody looks. */
void lt_leader_watch(void (*on_leave)(void));

/** For a fork's child, whose main thread is the one that forked. */
void lt_leader_after_fork(void);

/** How soon to look again whether the program has ended. */
unsigned lt_leader_look_ms(void);

/** Whether the main thread has left, and only n_ours other threads remain.  Reads /proc; false
 * without. */
bool lt_leader_has_left(unsigned n_ours);

#endif
