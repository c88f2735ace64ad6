/* SPDX-License-Identifier: Apache-2.0 */
/* oom.h - whether the kernel has killed a program for lack of memory.
 *
 * Its cgroup's count of such kills tells also where no exit status can be seen, as in another container;
 * and an exit status does not tell it from another SIGKILL.  The count is of the whole cgroup: a
 * program that is killed by somebody within OOM_RECENT_MS after another one of its container ran out of
 * memory is taken for such a one, too.
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.events),
 * https://docs.kernel.org/admin-guide/cgroup-v1/memory.html (memory.oom_control)
 */
#ifndef LT_RELAY_OOM_H
#define LT_RELAY_OOM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define OOM_RECENT_MS                                                                              \
	10000 /* between the kernel's choice and the end of a process with much memory */

struct oom {
	int fd;		  /* -1: there is no count */
	uint64_t n_kills; /* as seen last */
	uint64_t seen_ns; /* monotonic, when it was seen to rise; 0: never */
};

#define OOM_PATH_MAX_BYTES 512

/** The file with the count of a process.
 * @param text  of its /proc/PID/cgroup
 * @return whether there is one */
bool oom_find_path(const char *text, char ret_path[OOM_PATH_MAX_BYTES]);

/** @param pid  0: its cgroup cannot be looked up
 * @param fd   what the program has given instead, of any kind; stays the caller's; -1: nothing */
void oom_begin(struct oom *oom, pid_t pid, int fd);
void oom_done(struct oom *oom);

/** Reads the count; any thread.  A cgroup that is gone has none. */
void oom_look(struct oom *oom);

/** Whether the program is one of those that were counted.
 * @param dead_ns  monotonic, when it was seen to have ended */
bool oom_has_killed(struct oom *oom, uint64_t dead_ns);

#endif
