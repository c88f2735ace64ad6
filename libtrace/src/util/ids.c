/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - seeds the generators: from the kernel, and anew in a fork's child. */
#include "util/ids.h"

#include "util/clock.h"

#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fork_child(void)
{
	lt_thread.seeded = false; /* the only thread that a fork's child has */
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, on_fork_child);
}

void lt_ids_seed(void)
{
	pthread_once(&once, watch_forks);
	if (getrandom(lt_thread.seed, sizeof(lt_thread.seed), 0) !=
		(ssize_t)sizeof(lt_thread.seed)) {
		/* No getrandom (an odd sandbox): differ at least by time, process and thread. */
		lt_thread.seed[0] = lt_clock_monotonic_ns();
		lt_thread.seed[1] = (uint64_t)getpid();
		lt_thread.seed[2] = (uintptr_t)&lt_thread;
		lt_thread.seed[3] = 1; /* all zero would stay zero */
	}
	lt_thread.seeded = true;
}
