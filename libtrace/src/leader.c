/* SPDX-License-Identifier: Apache-2.0 */
/* leader.c - see leader.h. */
#include "leader.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LOOK_MS = 20, /* when the main thread has left: how long the process stays at most */
	LOOK_UNWATCHED_MS = 5000, /* when it could leave unnoticed */
	LOOK_WATCHED_MS = 3600000,
};

static pthread_key_t key; /* its destructor runs at pthread_exit, not at exit */
static bool has_key;
static atomic_bool is_watched, has_left;
static void (*tell)(void);

static void on_main_thread_exit(void *unused)
{
	atomic_store(&has_left, true);
	tell();
}

static void watch_this_thread(void)
{
	bool is_main = getpid() == gettid();
	atomic_store(&is_watched, has_key && is_main && pthread_setspecific(key, &key) == 0);
}

void lt_leader_watch(void (*on_leave)(void))
{
	tell = on_leave;
	has_key = pthread_key_create(&key, on_main_thread_exit) == 0;
	watch_this_thread();
}

void lt_leader_after_fork(void)
{
	atomic_store(&has_left, false);
	watch_this_thread();
}

unsigned lt_leader_look_ms(void)
{
	return atomic_load(&has_left)	  ? LOOK_MS
	       : atomic_load(&is_watched) ? LOOK_WATCHED_MS
					  : LOOK_UNWATCHED_MS;
}

/* https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
static bool read_stat(char *ret_state, unsigned long *ret_n_threads)
{
	enum { N_THREADS_FIELD = 20, STATE_FIELD = 3 };
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	char *field = strrchr(text, ')'); /* the end of the program's name, which may be anything */
	if (!field || field[1] == '\0')
		return false;
	field += 2;
	*ret_state = *field;
	for (int i = STATE_FIELD; field && i < N_THREADS_FIELD; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	*ret_n_threads = field ? strtoul(field, NULL, 10) : 0;
	return field;
}

bool lt_leader_has_left(unsigned n_ours)
{
	char state;
	unsigned long n_threads;
	if (atomic_load(&is_watched) && !atomic_load(&has_left))
		return false;
	/* The main thread, which has ended and is a zombie until the others have, counts. */
	return read_stat(&state, &n_threads) && state == 'Z' && n_threads == 1 + n_ours;
}
