/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/span_lock.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ThreadSanitizer does not model membarrier. */
#if defined(__SANITIZE_THREAD__) || defined(LT_PLAIN)
#define MAY_HAVE_OWNERS 0
#elif defined(__has_feature) /* clang's */
#define MAY_HAVE_OWNERS !__has_feature(thread_sanitizer)
#else
#define MAY_HAVE_OWNERS 1
#endif

bool lt_span_lock_has_owners;

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

static void register_process(void)
{
	lt_span_lock_has_owners =
		MAY_HAVE_OWNERS && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

void lt_span_lock_setup(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, register_process);
}

/* is_locked held.  After the barrier either the owner is seen busy, or it will see is_shared. */
static void share(struct lt_span_lock *lock)
{
	atomic_store_explicit(&lock->is_shared, true, memory_order_relaxed);
	if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)
		membarrier(MEMBARRIER_CMD_GLOBAL); /* slow, but needs no registration */
	while (atomic_load_explicit(&lock->owner_is_busy, memory_order_acquire))
		sched_yield();
}

bool lt_span_lock_take_slowly(struct lt_span_lock *lock)
{
	while (atomic_exchange_explicit(&lock->is_locked, true, memory_order_acquire))
		sched_yield();
	if (!lock->owner || atomic_load_explicit(&lock->is_shared, memory_order_relaxed))
		return false;
	share(lock);
	return true;
}
