/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_limit.h"

#include <inttypes.h>
#include <limits.h>
#if HAS_MALLINFO2
#include <malloc.h>
#endif
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define NO_LIMIT UINT64_MAX
#define CGROUP_ROOT "/sys/fs/cgroup"

/* --- the cgroup --------------------------------------------------------------------------- */

/* @return NO_LIMIT when the file is not there or has no number, as "max" */
static uint64_t read_number(const char *folder, const char *name)
{
	char path[PATH_MAX];
	uint64_t number = NO_LIMIT;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	if (!file)
		return NO_LIMIT;
	if (fscanf(file, "%" SCNu64, &number) != 1)
		number = NO_LIMIT;
	fclose(file);
	return number;
}

/* The least that is left in a group and those above it: a limit holds for all below. */
static uint64_t left_in_groups(
	char *folder, size_t root_len, const char *limit_name, const char *usage_name)
{
	uint64_t least = NO_LIMIT;

	for (;;) {
		uint64_t limit = read_number(folder, limit_name);
		uint64_t usage = read_number(folder, usage_name);
		if (limit != NO_LIMIT && usage != NO_LIMIT) {
			uint64_t left = limit > usage ? limit - usage : 0;
			least = left < least ? left : least;
		}
		char *slash = strrchr(folder, '/');
		if (!slash || (size_t)(slash - folder) < root_len)
			return least;
		*slash = '\0';
	}
}

/* A line of /proc/self/cgroup is "0::/PATH" for v2 and "N:memory:/PATH" for v1. */
static uint64_t left_by_line(const char *line)
{
	const char *controllers = strchr(line, ':');
	const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
	char folder[PATH_MAX];

	if (!path)
		return NO_LIMIT;
	size_t n = (size_t)(path - controllers - 1);
	bool is_v2 = n == 0;
	if (!is_v2 && !(n == strlen("memory") && strncmp(controllers + 1, "memory", n) == 0))
		return NO_LIMIT;
	const char *root = is_v2 ? CGROUP_ROOT : CGROUP_ROOT "/memory";
	snprintf(folder, sizeof(folder), "%s%.*s", root, (int)strcspn(path + 1, "\n"), path + 1);
	return is_v2 ? left_in_groups(folder, strlen(root), "memory.max", "memory.current")
		     : left_in_groups(folder, strlen(root), "memory.limit_in_bytes",
			       "memory.usage_in_bytes");
}

static uint64_t left_by_cgroup(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];
	uint64_t least = NO_LIMIT;

	if (!file)
		return NO_LIMIT;
	while (fgets(line, sizeof(line), file)) {
		uint64_t left = left_by_line(line);
		least = left < least ? left : least;
	}
	fclose(file);
	return least;
}

/* --- setrlimit ---------------------------------------------------------------------------- */

static bool has_limit(int resource, uint64_t *ret_bytes)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 ||
		limit.rlim_cur == RLIM_INFINITY)
		return false;
	*ret_bytes = limit.rlim_cur;
	return true;
}

/* What /proc/self/statm counts, in bytes; its sixth number is data and stack. */
static void read_usage(uint64_t *ret_space, uint64_t *ret_data)
{
	FILE *file = fopen("/proc/self/statm", "re");
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), space = 0, data = 0;

	if (file) {
		if (fscanf(file, "%" SCNu64 " %*u %*u %*u %*u %" SCNu64, &space, &data) != 2)
			space = data = 0;
		fclose(file);
	}
	*ret_space = space * page_bytes;
	*ret_data = data * page_bytes;
}

bool memory_may_run_out(void)
{
	uint64_t bytes;
	return has_limit(RLIMIT_AS, &bytes) || has_limit(RLIMIT_DATA, &bytes);
}

uint64_t memory_left_bytes(void)
{
	uint64_t least = left_by_cgroup(), limit, space, data;

	read_usage(&space, &data);
	if (has_limit(RLIMIT_AS, &limit)) {
		uint64_t left = limit > space ? limit - space : 0;
		least = left < least ? left : least;
	}
	if (has_limit(RLIMIT_DATA, &limit)) {
		uint64_t left = limit > data ? limit - data : 0;
		least = left < least ? left : least;
	}
	return least;
}

/* Memory that has been freed, but is still mapped. */
static size_t malloc_free_bytes(void)
{
#if HAS_MALLINFO2
	return mallinfo2().fordblks;
#else
	return 0;
#endif
}

bool memory_has_room(size_t n_bytes)
{
	void *room =
		mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return malloc_free_bytes() >= n_bytes;
	munmap(room, n_bytes);
	return true;
}

void memory_give_back(void)
{
#if HAS_MALLINFO2
	malloc_trim(0);
#endif
}
