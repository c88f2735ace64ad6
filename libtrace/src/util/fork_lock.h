/* SPDX-License-Identifier: Apache-2.0 */
/* fork_lock.h - keeps a fork out of what it must not cut in two.
 *
 * A fork's child has its parent's memory as it is at that moment.  Where another thread is inside
 * the dynamic linker, the child finds libraries that are mapped and not yet linked: what it loads
 * next calls into them, and crashes.  The same holds for a TLS library in the middle of setting
 * itself up.  So our thread holds this lock while it is in there, for milliseconds and never while
 * it waits for a network, and a fork waits for the lock.
 *
 * Held only by a thread that is in libcurl, in zlib's loading, or in a fork.  Nothing else may be
 * locked, and nothing reported, while it is held.
 */
#ifndef LT_FORK_LOCK_H
#define LT_FORK_LOCK_H

#include <stdbool.h>

/** Before there is a thread that could take the lock; again is fine. */
void lt_fork_lock_watch(void);

/** Waits for the lock.  False, and not taken, in the child of a fork that could not wait for it:
 * there, nothing may be loaded or used any more.  Not to be nested. */
bool lt_fork_lock_take(void);
void lt_fork_lock_give(void);

#endif
