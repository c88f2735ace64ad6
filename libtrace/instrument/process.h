/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - what /proc shows of a running process, perhaps of another container. */
#ifndef LT_INSTRUMENT_PROCESS_H
#define LT_INSTRUMENT_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	char exe[PATH_MAX];	/* its program's file, as it sees it */
	char *maps;		/* text of /proc/N/maps */
	char *environment;	/* as it was started with: one NAME=VALUE after another */
	size_t environment_len; /* with the last one's terminator */
	bool is_secure;		/* AT_SECURE: it runs with more rights than its caller */
	bool is_elsewhere;	/* in another mount namespace than this process */
};

/**
 * Reads one; it goes on running.
 * @return 0; -ESRCH when there is none, -EACCES when this process may not read it, -ENODATA when it has
 *         no memory: it has ended and waits for its parent, or is a thread of the kernel's; another -Exxx
 */
int process_read(pid_t pid, struct process *ret_process);

/** Frees what has been read. */
void process_release(struct process *process);

/** The value of a variable that it was started with; borrowed; NULL: not set. */
const char *process_getenv(const struct process *process, const char *name);

/** Makes its environment this process's; as long as it is not released. @return 0 or -ENOMEM */
int process_take_environment(const struct process *process);

/** The next file that is mapped into it, each as often as it is; "[heap]" and the like are left out.
 * @param cursor    NULL at first
 * @param ret_path  as the process sees it, without " (deleted)"
 * @return false when there is no more */
bool process_next_file(const struct process *process, const char **cursor, char ret_path[PATH_MAX]);

/** Whether one of its threads has that name. */
bool process_has_thread(const struct process *process, const char *name);

/** Reads the status of a file by a path of the process's. @return its mode, or -Exxx */
int process_file_mode(const struct process *process, const char *path);

/** Reads the start of a file by a path of the process's, as text. @return 0 or -Exxx */
int process_file_text(const struct process *process, const char *path, char *ret_text, size_t size);

#endif
