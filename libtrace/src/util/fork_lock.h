/* SPDX-License-Identifier: Apache-2.0 */
/* fork_lock.h - delays a fork while another thread is in code that must not be interrupted by one.
 *
 * A fork's child gets its parent's memory as it is at that moment.  If another thread is inside the
 * dynamic linker, the child finds libraries that are mapped but not yet relocated; what it loads
 * next calls into them and crashes.  The same holds for a TLS library that is being initialised.
 * So our thread holds this lock while it runs such code, for milliseconds and never while it waits
 * for the network, and a fork waits for the lock.
 *
 * Held only in libcurl, while zlib is loaded, and in a fork.  Take no other lock and report nothing
 * while it is held. */
#ifndef LT_FORK_LOCK_H
#define LT_FORK_LOCK_H

#include <stdbool.h>

/** Registers the fork handlers; call it before any thread takes the lock.  Repeated calls do
 * nothing. */
void lt_fork_lock_watch(void);

/** Waits for the lock, which is not recursive.  False, with the lock not taken, in the child of a
 * fork that did not get it: there, nothing may be loaded or used any more. */
bool lt_fork_lock_take(void);
void lt_fork_lock_give(void);

#endif
