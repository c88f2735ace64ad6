/* SPDX-License-Identifier: Apache-2.0 */
/* span_lock.h - a mutex of one span that costs the thread that started it next to nothing.
 *
 * Several threads may change a span at the same time, but hardly ever do.  The owner, the thread
 * that started the span, sets owner_is_busy, checks is_shared and goes ahead: a store and a load,
 * no atomic read-modify-write.  The first other thread takes the real lock, sets is_shared, makes
 * every thread of the process see that (membarrier) and waits until the owner is not busy.  From
 * then on all threads take the real lock.
 *
 * This is Dekker's algorithm with the owner's fence moved to the other side:
 * https://man7.org/linux/man-pages/man2/membarrier.2.html
 *
 * A span that is changed three times takes 84 ns; 90 ns with the real lock for every change, as
 * without membarrier, under ThreadSanitizer and in a build that is plain (meson_options.txt). */
#ifndef LT_SPAN_LOCK_H
#define LT_SPAN_LOCK_H

#include "util/thread.h"

#include <stdatomic.h>

struct lt_span_lock {
	const struct lt_thread *owner; /* NULL: none, all take the real lock */
	atomic_bool owner_is_busy;
	atomic_bool is_shared; /* another thread has taken the lock */
	atomic_bool is_locked; /* the real lock: held for one call on the span */
};

/** Whether spans may have owners: the kernel has the barrier.  Call it before the first span. */
void lt_span_lock_setup(void);

extern bool lt_span_lock_has_owners; /* set by the above, once */

/** Unlocked, owned by this thread if it may be. */
static inline void lt_span_lock_init(struct lt_span_lock *lock, bool is_owned)
{
	lock->owner = is_owned && lt_span_lock_has_owners ? &lt_thread : NULL;
	atomic_init(&lock->owner_is_busy, false);
	atomic_init(&lock->is_shared, false);
	atomic_init(&lock->is_locked, false);
}

/** Slow path for threads other than the owner. @return whether this is the first other thread */
bool lt_span_lock_take_slowly(struct lt_span_lock *lock);

/** Waits for other threads. @return whether this is the first thread other than the owner */
static inline bool lt_span_lock_take(struct lt_span_lock *lock)
{
	if (lock->owner == &lt_thread) {
		atomic_store_explicit(&lock->owner_is_busy, true, memory_order_relaxed);
		atomic_signal_fence(memory_order_seq_cst);
		if (!atomic_load_explicit(&lock->is_shared, memory_order_relaxed))
			return false;
		atomic_store_explicit(&lock->owner_is_busy, false, memory_order_release);
	}
	return lt_span_lock_take_slowly(lock);
}

static inline void lt_span_lock_give(struct lt_span_lock *lock)
{
	if (lock->owner == &lt_thread &&
		atomic_load_explicit(&lock->owner_is_busy, memory_order_relaxed))
		atomic_store_explicit(&lock->owner_is_busy, false, memory_order_release);
	else
		atomic_store_explicit(&lock->is_locked, false, memory_order_release);
}

#endif
