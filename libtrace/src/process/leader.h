/* SPDX-License-Identifier: Apache-2.0 */
/* leader.h - ends a process whose main thread has called pthread_exit(), with the last other
 * thread.
 *
 * The C library calls exit(0) when the last thread ends, which threads of ours would prevent.  So
 * when the main thread leaves, a thread is started that waits until only ours are left and then
 * calls exit(0).  Ours are those named LT_THREAD_NAME and the threads that they start (as libcurl
 * does for name lookups), since a thread inherits the name of its creator.
 *
 * Source: https://man7.org/linux/man-pages/man3/pthread_exit.3.html */
#ifndef LT_LEADER_H
#define LT_LEADER_H

#define LT_THREAD_NAME "libtrace"

/** Watches the main thread from now on.  Once per process. */
void lt_leader_watch(void);

/** For a fork's child, whose main thread is the one that forked. */
void lt_leader_after_fork(void);

/** Checks whether the main thread has left where it has called neither of the above.  Called from
 * time to time by a thread of ours. */
void lt_leader_look(void);

#endif
