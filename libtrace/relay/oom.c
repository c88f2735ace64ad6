/* SPDX-License-Identifier: Apache-2.0 */
#include "oom.h"

#include "trace/span_slab.h"
#include "util/clock.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TEXT_MAX_BYTES 1024
#define CGROUPS_MAX_BYTES 4096
#define NS_PER_MS UINT64_C(1000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all counts; held for a read */

/* --- its file ----------------------------------------------------------------------------- */

/* Whether the controllers of a line, up to its second colon, are v1's memory. */
static bool is_memory(const char *controllers)
{
	static const char name[] = "memory";
	size_t n = strcspn(controllers, ":\n");
	for (size_t len; n; controllers += len + (len < n), n -= len + (len < n)) {
		len = strcspn(controllers, ",:\n");
		if (len == sizeof(name) - 1 && memcmp(controllers, name, len) == 0)
			return true;
	}
	return false;
}

/* The memory controller's; with v1 beside v2, that of v1.  Lines are ID:CONTROLLERS:PATH. */
static const char *find_cgroup(const char *text, bool *ret_is_v1)
{
	const char *found = NULL;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *controllers = strchr(line, ':');
		const char *cgroup = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!cgroup)
			break;
		*ret_is_v1 = is_memory(controllers + 1);
		if (*ret_is_v1)
			return cgroup + 1;
		if (strncmp(line, "0::", 3) == 0)
			found = cgroup + 1;
	}
	return found;
}

bool oom_find_path(const char *text, char ret_path[OOM_PATH_MAX_BYTES])
{
	bool is_v1 = false;
	const char *cgroup = find_cgroup(text, &is_v1);
	size_t len = cgroup ? strcspn(cgroup, "\n") : 0;
	if (!len || len >= OOM_PATH_MAX_BYTES)
		return false;
	len -= cgroup[len - 1] == '/';
	int n = snprintf(ret_path, OOM_PATH_MAX_BYTES, "%s%.*s/%s",
		is_v1 ? LT_CGROUP_V1 : LT_CGROUP_V2, (int)len, cgroup,
		is_v1 ? "memory.oom_control" : "memory.events");
	return n < OOM_PATH_MAX_BYTES;
}

static ssize_t read_file(const char *path, char *ret_text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, ret_text, size - 1);
	close(fd);
	ret_text[n < 0 ? 0 : n] = '\0';
	return n;
}

static int open_of(pid_t pid)
{
	char name[64], text[CGROUPS_MAX_BYTES], path[OOM_PATH_MAX_BYTES];
	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	if (pid <= 0 || read_file(name, text, sizeof(text)) < 0 || !oom_find_path(text, path))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Whether a descriptor is of the cgroups that are mounted there.  No call reaches another file system, which
 * may be served by a process that hangs. */
static bool is_of(int fd, const char *path)
{
	struct statfs statfs_of;
	struct statx theirs, own;
	int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
	return statfs(path, &statfs_of) == 0 &&
	       (statfs_of.f_type == CGROUP_SUPER_MAGIC ||
		       statfs_of.f_type == CGROUP2_SUPER_MAGIC) &&
	       statx(AT_FDCWD, path, 0, STATX_TYPE, &own) == 0 &&
	       statx(fd, "", flags, STATX_TYPE, &theirs) == 0 && S_ISREG(theirs.stx_mode) &&
	       theirs.stx_dev_major == own.stx_dev_major &&
	       theirs.stx_dev_minor == own.stx_dev_minor;
}

/* --- its count ---------------------------------------------------------------------------- */

/* The number behind "oom_kill " at the start of a line. */
static bool read_count(int fd, uint64_t *ret_n)
{
	static const char key[] = "\noom_kill ";
	char text[TEXT_MAX_BYTES] = "\n";
	ssize_t n = pread(fd, text + 1, sizeof(text) - 2, 0);
	const char *line = n > 0 ? strstr(text, key) : NULL;
	if (line)
		*ret_n = strtoull(line + sizeof(key) - 1, NULL, 10);
	return line;
}

void oom_begin(struct oom *oom, pid_t pid, int fd)
{
	*oom = (struct oom){.fd = open_of(pid)};
	if (oom->fd < 0 && fd >= 0 && (is_of(fd, LT_CGROUP_V1) || is_of(fd, LT_CGROUP_V2)))
		oom->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (oom->fd >= 0 && !read_count(oom->fd, &oom->n_kills)) {
		close(oom->fd);
		oom->fd = -1;
	}
}

void oom_done(struct oom *oom)
{
	if (oom->fd >= 0)
		close(oom->fd);
}

void oom_look(struct oom *oom)
{
	uint64_t n_kills;
	if (oom->fd < 0)
		return;
	pthread_mutex_lock(&lock);
	if (read_count(oom->fd, &n_kills) && n_kills > oom->n_kills) {
		oom->n_kills = n_kills;
		oom->seen_ns = lt_clock_monotonic_ns();
	}
	pthread_mutex_unlock(&lock);
}

bool oom_has_killed(struct oom *oom, uint64_t dead_ns)
{
	pthread_mutex_lock(&lock);
	uint64_t seen_ns = oom->seen_ns;
	pthread_mutex_unlock(&lock);
	return seen_ns && dead_ns < seen_ns + OOM_RECENT_MS * NS_PER_MS;
}
