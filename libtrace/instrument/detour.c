/* SPDX-License-Identifier: Apache-2.0 */
#include "detour.h"
#include "util/fnv1a.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MAX_BYTES 64
#define NAME_BYTES 17 /* of a link: 16 digits and a NUL */

bool link_is_needed(const char *path)
{
	return strpbrk(path, " :$\t\n") != NULL;
}

/* Opens our folder for links, creating it if necessary; -Exxx when another user may own it. */
static int open_folder(const char *path)
{
	struct stat folder;

	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &folder) == 0 && folder.st_uid == geteuid() &&
		!(folder.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	return -EPERM;
}

static int open_some_folder(char path[FOLDER_MAX_BYTES])
{
	strcpy(path, "/run/libtrace");
	int fd = geteuid() == 0 ? open_folder(path) : -EPERM;

	if (fd < 0) {
		snprintf(path, FOLDER_MAX_BYTES, "/tmp/libtrace-%u", (unsigned)geteuid());
		fd = open_folder(path);
	}
	return fd;
}

/* Atomically: another launcher may do the same. */
static int put_link(int folder, const char *name, const char *target)
{
	char present[PATH_MAX], new_name[NAME_BYTES + 16];
	ssize_t len = readlinkat(folder, name, present, sizeof(present));

	if (len == (ssize_t)strlen(target) && memcmp(present, target, (size_t)len) == 0)
		return 0;
	snprintf(new_name, sizeof(new_name), "%s.%d", name, (int)getpid());
	unlinkat(folder, new_name, 0); /* left by a killed launcher with this process id */
	if (symlinkat(target, folder, new_name) || renameat(folder, new_name, folder, name))
		return -errno;
	return 0;
}

int link_make(char path[PATH_MAX])
{
	char folder[FOLDER_MAX_BYTES], name[NAME_BYTES], file[PATH_MAX];
	char *slash = strrchr(path, '/');

	strcpy(file, slash + 1);
	if (link_is_needed(file))
		return -EINVAL;
	*slash = '\0';
	snprintf(name, sizeof(name), "%016" PRIx64, lt_fnv1a(LT_FNV1A_START, path, strlen(path)));
	int fd = open_some_folder(folder);
	if (fd < 0)
		return fd;
	int err = put_link(fd, name, path);
	close(fd);
	if (!err && snprintf(path, PATH_MAX, "%s/%s/%s", folder, name, file) >= PATH_MAX)
		err = -ENAMETOOLONG;
	return err;
}
