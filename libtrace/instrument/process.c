/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES (16 << 20) /* of a file of /proc */
#define FILE_STEP_BYTES 65536
#define NAME_MAX_BYTES 64    /* of a file of /proc */
#define AUXV_MAX 64	     /* entries; Linux has some 20 */
#define VARIABLES_MAX 65536  /* of an environment */
#define DELETED " (deleted)" /* follows the path of a file that is no more */

static int open_proc(pid_t pid, const char *file)
{
	char path[NAME_MAX_BYTES];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A new text, terminated. */
static int read_all(pid_t pid, const char *file, char **ret_text, size_t *ret_len)
{
	size_t len = 0, room = 0;
	char *text = NULL;
	ssize_t n = 1;

	int fd = open_proc(pid, file);
	if (fd < 0)
		return fd;
	while (n > 0 && len < FILE_MAX_BYTES) {
		if (room - len < FILE_STEP_BYTES) {
			char *more = realloc(text, room + 2 * FILE_STEP_BYTES);
			if (!more)
				break;
			text = more;
			room += 2 * FILE_STEP_BYTES;
		}
		n = read(fd, text + len, room - len - 1);
		len += n > 0 ? (size_t)n : 0;
	}
	int err = n < 0 ? -errno : !text || n > 0 ? -ENOMEM : 0;
	close(fd);
	if (err) {
		free(text);
		return err;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}

static int read_auxv(struct process *process)
{
	ElfW(auxv_t) entries[AUXV_MAX];

	int fd = open_proc(process->pid, "auxv");
	if (fd < 0)
		return fd;
	ssize_t n = read(fd, entries, sizeof(entries));
	int err = n < 0 ? -errno : 0;
	close(fd);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(entries[0]); i++) {
		if (entries[i].a_type == AT_SECURE)
			process->is_secure = entries[i].a_un.a_val != 0;
	}
	return err;
}

static bool link_of(pid_t pid, const char *file, char target[PATH_MAX])
{
	char path[NAME_MAX_BYTES];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	ssize_t len = readlink(path, target, PATH_MAX - 1);
	target[len < 0 ? 0 : len] = '\0';
	return len >= 0;
}

static int read_exe(struct process *process)
{
	char own[PATH_MAX], theirs[PATH_MAX];

	if (!link_of(process->pid, "exe", process->exe))
		return errno == ENOENT ? -ENODATA : -errno;
	process->is_elsewhere = link_of(getpid(), "ns/mnt", own) &&
				link_of(process->pid, "ns/mnt", theirs) && strcmp(own, theirs) != 0;
	return 0;
}

int process_read(pid_t pid, struct process *ret_process)
{
	struct process process = {.pid = pid};
	size_t len;

	if (kill(pid, 0) != 0 && errno == ESRCH)
		return -ESRCH;
	int err = read_exe(&process);
	if (!err)
		err = read_all(pid, "maps", &process.maps, &len);
	if (!err)
		err = read_all(pid, "environ", &process.environment, &process.environment_len);
	if (!err)
		err = read_auxv(&process);
	if (!err && !*process.maps)
		err = -ENODATA; /* it has ended since */
	if (err) {
		process_release(&process);
		/* With hidepid, /proc has others' processes no more than those that are not there. */
		return err == -EPERM || err == -ENOENT ? -EACCES : err;
	}
	process.environment_len +=
		process.environment_len && process.environment[process.environment_len - 1] != '\0';
	*ret_process = process;
	return 0;
}

void process_release(struct process *process)
{
	free(process->maps);
	free(process->environment);
	process->maps = process->environment = NULL;
}

const char *process_getenv(const struct process *process, const char *name)
{
	const char *end = process->environment + process->environment_len;
	size_t len = strlen(name);

	for (const char *entry = process->environment; entry < end; entry += strlen(entry) + 1) {
		if (strncmp(entry, name, len) == 0 && entry[len] == '=')
			return entry + len + 1;
	}
	return NULL;
}

int process_take_environment(const struct process *process)
{
	char *end = process->environment + process->environment_len;
	static char **variables; /* reachable for good */
	size_t n = 0;

	free(variables);
	variables = calloc(VARIABLES_MAX + 1, sizeof(*variables));
	if (!variables)
		return -ENOMEM;
	for (char *entry = process->environment; entry < end && n < VARIABLES_MAX;
		entry += strlen(entry) + 1)
		variables[n++] = entry;
	environ = variables;
	return 0;
}

/* "55d0c4a00000-55d0c4a02000 r--p 00000000 08:01 1234    /usr/bin/cat" */
bool process_next_file(const struct process *process, const char **cursor, char ret_path[PATH_MAX])
{
	const char *line = *cursor ? *cursor : process->maps;

	while (*line) {
		size_t len = strcspn(line, "\n");
		const char *path = memchr(line, '/', len);
		size_t path_len = path ? (size_t)(line + len - path) : 0;
		size_t suffix_len = strlen(DELETED);
		line += len + (line[len] == '\n');
		if (path_len == 0 || path_len >= PATH_MAX || path[-1] != ' ')
			continue;
		if (path_len > suffix_len &&
			memcmp(path + path_len - suffix_len, DELETED, suffix_len) == 0)
			path_len -= suffix_len;
		memcpy(ret_path, path, path_len);
		ret_path[path_len] = '\0';
		*cursor = line;
		return true;
	}
	return false;
}

bool process_has_thread(const struct process *process, const char *name)
{
	char path[NAME_MAX_BYTES];
	bool has = false;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)process->pid);
	DIR *threads = opendir(path);
	for (struct dirent *entry; threads && !has && (entry = readdir(threads));) {
		char file[NAME_MAX_BYTES], *comm;
		size_t len;
		snprintf(file, sizeof(file), "task/%.20s/comm", entry->d_name);
		if (entry->d_name[0] == '.' || read_all(process->pid, file, &comm, &len))
			continue;
		comm[strcspn(comm, "\n")] = '\0';
		has = strcmp(comm, name) == 0;
		free(comm);
	}
	if (threads)
		closedir(threads);
	return has;
}

/* Links in it are followed in this process's root, not in the other's, where they are absolute. */
static int inside(const struct process *process, const char *path, char ret_path[PATH_MAX])
{
	return snprintf(ret_path, PATH_MAX, "/proc/%d/root%s", (int)process->pid, path) < PATH_MAX
		       ? 0
		       : -ENAMETOOLONG;
}

int process_file_mode(const struct process *process, const char *path)
{
	struct stat stat_of;
	char there[PATH_MAX];

	int err = inside(process, path, there);
	if (err)
		return err;
	/* A link that leads nowhere from here is there nevertheless. */
	if (stat(there, &stat_of) != 0 && (errno != ENOENT || lstat(there, &stat_of) != 0))
		return -errno;
	return (int)stat_of.st_mode;
}

int process_file_text(const struct process *process, const char *path, char *ret_text, size_t size)
{
	char there[PATH_MAX];

	int err = inside(process, path, there);
	if (err)
		return err;
	int fd = open(there, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, ret_text, size - 1);
	err = n < 0 ? -errno : 0;
	ret_text[n < 0 ? 0 : n] = '\0';
	close(fd);
	return err;
}
