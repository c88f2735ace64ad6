/* SPDX-License-Identifier: Apache-2.0 */
#include "process/leader.h"

#include "util/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20	       /* how much later than its last thread a process ends at most */
#define LOOK_UNWATCHED_MS 5000 /* see lt_leader_look */

static pthread_key_t key; /* its destructor runs at pthread_exit, not at exit */
static bool has_key;
static atomic_bool is_watched;	/* the destructor is registered */
static atomic_bool has_watcher; /* the main thread has left, and a thread waits for the others */

/* --- what is left of a process ------------------------------------------------------------ */

/* Reads a file; false when it does not exist. */
static bool read_text(const char *path, char *ret_text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_text, size - 1);
	if (fd >= 0)
		close(fd);
	ret_text[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

/* A main thread that has exited remains a zombie until all others have.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
static bool has_main_thread_left(void)
{
	char text[1024];
	if (!read_text("/proc/self/stat", text, sizeof(text)))
		return false;
	const char *name_end = strrchr(text, ')'); /* the name may contain anything */
	return name_end && strncmp(name_end, ") Z", 3) == 0;
}

static bool is_ours(const char *thread)
{
	char path[64], name[32];
	snprintf(path, sizeof(path), "/proc/self/task/%.20s/comm", thread);
	/* A thread that is gone is not the program's. */
	return !read_text(path, name, sizeof(name)) || strcmp(name, LT_THREAD_NAME "\n") == 0;
}

static bool are_only_ours_left(void)
{
	DIR *threads = opendir("/proc/self/task");
	if (!threads)
		return false;
	bool are_ours = true;
	for (struct dirent *entry; are_ours && (entry = readdir(threads));) {
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != getpid())
			are_ours = is_ours(entry->d_name);
	}
	closedir(threads);
	return are_ours;
}

/* --- the one that waits ------------------------------------------------------------------- */

static sigset_t program_mask; /* of the thread that started it */

static void *wait_for_the_last(void *unused)
{
	pthread_setname_np(pthread_self(), LT_THREAD_NAME);
	do
		nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
	while (!has_main_thread_left() || !are_only_ours_left());
	pthread_sigmask(SIG_SETMASK, &program_mask, NULL); /* SIGTERM may end an exit that waits */
	exit(EXIT_SUCCESS);
}

static void start_watcher(void)
{
	pthread_t thread;
	sigset_t every;
	if (atomic_exchange(&has_watcher, true))
		return;
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &program_mask);
	/* With a default stack: the program's exit handlers run on it. */
	if (pthread_create(&thread, NULL, wait_for_the_last, NULL) == 0)
		pthread_detach(thread);
	else
		atomic_store(&has_watcher, false); /* tried again by lt_leader_look */
	pthread_sigmask(SIG_SETMASK, &program_mask, NULL);
}

/* --- noticing ----------------------------------------------------------------------------- */

static void on_main_thread_exit(void *unused)
{
	atomic_store(&is_watched, false);
	start_watcher();
}

static void watch_this_thread(void)
{
	bool is_main = getpid() == gettid();
	atomic_store(&is_watched, has_key && is_main && pthread_setspecific(key, &key) == 0);
}

void lt_leader_watch(void)
{
	has_key = pthread_key_create(&key, on_main_thread_exit) == 0;
	watch_this_thread();
}

void lt_leader_after_fork(void)
{
	atomic_store(&has_watcher, false);
	watch_this_thread();
}

void lt_leader_look(void)
{
	static _Atomic uint64_t next_ns;
	if (atomic_load(&is_watched) || atomic_load(&has_watcher))
		return;
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (now_ns < atomic_load(&next_ns))
		return;
	atomic_store(&next_ns, now_ns + LOOK_UNWATCHED_MS * UINT64_C(1000000));
	if (has_main_thread_left())
		start_watcher();
}
