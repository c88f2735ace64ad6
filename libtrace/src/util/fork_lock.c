/* SPDX-License-Identifier: Apache-2.0 */
#include "util/fork_lock.h"

#include "util/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

/* Limit of a fork's wait.  Loading libcurl from a cold disk takes some 100 ms.  glibc before 2.36
 * runs these handlers with a lock held that a library's constructor may need
 * (https://sourceware.org/bugzilla/show_bug.cgi?id=24595): then the wait is in vain. */
#define WAIT_MAX_MS 1000
#define NAP_US 100 /* between attempts */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uintptr_t owner;	 /* the thread that holds it; 0: none.  A fork keeps its value */
static _Atomic uintptr_t forker; /* the same, of a thread that holds it to fork */
static atomic_bool is_broken;	 /* a child whose fork did not get the lock */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uintptr_t this_thread(void)
{
	return (uintptr_t)pthread_self();
}

/* False after the limit, or if this thread holds the lock already. */
static bool take_in_time(void)
{
	uint64_t end_ns = lt_clock_monotonic_ns() + WAIT_MAX_MS * UINT64_C(1000000);
	if (atomic_load(&owner) == this_thread())
		return false;
	while (pthread_mutex_trylock(&lock) != 0) {
		if (lt_clock_monotonic_ns() >= end_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = NAP_US * 1000}, NULL);
	}
	atomic_store(&owner, this_thread());
	return true;
}

static void before_fork(void)
{
	if (take_in_time())
		atomic_store(&forker, this_thread());
}

static void after_fork_parent(void)
{
	if (atomic_load(&forker) != this_thread())
		return;
	atomic_store(&forker, 0);
	lt_fork_lock_give();
}

static void after_fork_child(void)
{
	if (atomic_load(&forker) == this_thread()) {
		after_fork_parent();
		return;
	}
	atomic_store(&is_broken, true);
	atomic_store(&owner, 0);
	pthread_mutex_init(&lock, NULL);
}

static void watch(void)
{
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

void lt_fork_lock_watch(void)
{
	pthread_once(&once, watch);
}

bool lt_fork_lock_take(void)
{
	if (atomic_load(&is_broken))
		return false;
	pthread_mutex_lock(&lock);
	atomic_store(&owner, this_thread());
	return true;
}

void lt_fork_lock_give(void)
{
	if (atomic_load(&owner) != this_thread())
		return; /* a fork has left it taken */
	atomic_store(&owner, 0);
	pthread_mutex_unlock(&lock);
}
