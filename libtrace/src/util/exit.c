/* SPDX-License-Identifier: Apache-2.0 */
/* exit.c - runs before what the entries need (above all the TLS library) is torn down.
 *
 * A process waits once, however many entries there are and however often the handler has been
 * renewed: until exit_deadline_ns, which the first handler to run sets.
 */
#include "util/exit.h"

#include "util/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows; held briefly */
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static _Atomic(struct lt_exit_entry *) first; /* written with the lock held */
static struct lt_exit_entry *current;	      /* the one that an exit is running */
static uint64_t exit_deadline_ns;	      /* 0: no exit yet */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static void after_fork_child(void)
{
	current = NULL; /* its thread exists in the parent only */
	exit_deadline_ns = 0;
	pthread_cond_init(&finished, NULL);
	pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_child);
}

/* Lock held. */
static void unlink_entry(const struct lt_exit_entry *entry)
{
	struct lt_exit_entry *e = first;
	if (e == entry)
		first = e->next;
	for (; e; e = e->next) {
		if (e->next == entry)
			e->next = entry->next;
	}
}

/* Makes the next entry the current one; false when all have run.  Each gets an equal share of the
 * time that is left, so that a collector that hangs does not cost another its spans. */
static bool take_next(unsigned *ret_timeout_ms)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	uint64_t longest_ms = 0, n_left = 0;
	for (struct lt_exit_entry *e = first; e; e = e->next) {
		if (e->has_run)
			continue;
		if (e->timeout_ms > longest_ms)
			longest_ms = e->timeout_ms;
		current = e;
		n_left++;
	}
	if (!current)
		return false;
	current->has_run = true;
	if (!exit_deadline_ns)
		exit_deadline_ns = now_ns + longest_ms * NS_PER_MS;
	uint64_t left_ms = exit_deadline_ns > now_ns ? (exit_deadline_ns - now_ns) / NS_PER_MS : 0;
	uint64_t share_ms = left_ms / n_left;
	*ret_timeout_ms = share_ms < current->timeout_ms ? (unsigned)share_ms : current->timeout_ms;
	return true;
}

static void on_exit_process(void)
{
	unsigned timeout_ms;
	pthread_mutex_lock(&lock);
	while (!current && take_next(&timeout_ms)) {
		pthread_mutex_unlock(&lock);
		current->run(current, timeout_ms);
		pthread_mutex_lock(&lock);
		current = NULL;
		pthread_cond_broadcast(&finished);
	}
	pthread_mutex_unlock(&lock);
}

void lt_exit_add(struct lt_exit_entry *entry, unsigned timeout_ms)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&lock);
	unlink_entry(entry);
	entry->timeout_ms = timeout_ms;
	entry->has_run = false;
	entry->next = first;
	first = entry;
	pthread_mutex_unlock(&lock);
	lt_exit_renew();
}

void lt_exit_remove(struct lt_exit_entry *entry)
{
	pthread_mutex_lock(&lock);
	unlink_entry(entry);
	while (current == entry)
		pthread_cond_wait(&finished, &lock);
	pthread_mutex_unlock(&lock);
}

void lt_exit_clear(void)
{
	pthread_mutex_lock(&lock);
	first = NULL;
	pthread_mutex_unlock(&lock);
}

void lt_exit_renew(void)
{
	if (atomic_load(&first)) /* without the lock: callers hold other locks */
		atexit(on_exit_process);
}
