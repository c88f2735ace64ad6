/* SPDX-License-Identifier: Apache-2.0 */
/* leader.h - ends a process whose main thread has left by pthread_exit with its last other thread.
 *
 * The C library calls exit(0) on the last thread that ends; threads of ours would put that off for
 * ever.  So when the main thread leaves, a thread is started that waits until only ours are left,
 * and does it in their place.  Ours are those named LT_THREAD_NAME, and what they start in turn (as
 * libcurl does to look a name up), since a thread has its name from the one that started it.
 *
 * Source: https://man7.org/linux/man-pages/man3/pthread_exit.3.html
 */
#ifndef LT_LEADER_H
#define LT_LEADER_H

#define LT_THREAD_NAME "libtrace"

/** From now on; once in a process. */
void lt_leader_watch(void);

/** For a fork's child, whose main thread is the one that forked. */
void lt_leader_after_fork(void);

/** To be called now and then by a thread of ours: where the main thread has called neither of the
 * above, this is how its leaving is noticed. */
void lt_leader_look(void);

#endif
