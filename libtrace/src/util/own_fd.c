/* SPDX-License-Identifier: Apache-2.0 */
#include "util/own_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST 3 /* beyond the standard streams */

bool lt_own_fd_init(struct lt_own_fd *own, int fd)
{
	struct stat file;
	if (fd < 0)
		return false;
	if (fd < FIRST) {
		int higher = fcntl(fd, F_DUPFD_CLOEXEC, FIRST);
		close(fd);
		fd = higher;
	}
	if (fd < 0)
		return false;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fstat(fd, &file) != 0) {
		close(fd);
		return false;
	}
	*own = (struct lt_own_fd){fd, file.st_dev, file.st_ino};
	return true;
}

bool lt_own_fd_is_intact(const struct lt_own_fd *own)
{
	struct stat file;
	return own->fd && fstat(own->fd, &file) == 0 && file.st_dev == own->device &&
	       file.st_ino == own->inode;
}

void lt_own_fd_close(struct lt_own_fd *own)
{
	if (lt_own_fd_is_intact(own))
		close(own->fd);
	own->fd = 0;
}
