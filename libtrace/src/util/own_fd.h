/* SPDX-License-Identifier: Apache-2.0 */
/* own_fd.h - our descriptors in a process that may close them.
 *
 * A program may close descriptors that it did not open, and the next file that it opens gets the
 * number of one of ours.  So the file's device and inode are kept and checked before a write or a
 * close.  Our descriptors are never below 3, the standard streams, and are closed on exec.
 */
#ifndef LT_OWN_FD_H
#define LT_OWN_FD_H

#include <stdbool.h>
#include <sys/types.h>

struct lt_own_fd {
	int fd; /* 0: none */
	dev_t device;
	ino_t inode;
};

/**
 * Takes fd over: moves it to 3 or above and sets close-on-exec.
 * @param fd  takes; closed on failure
 * @return false, with errno set, on failure
 */
bool lt_own_fd_init(struct lt_own_fd *own, int fd);

/** Whether the descriptor still is the same file. */
bool lt_own_fd_is_intact(const struct lt_own_fd *own);

/** Closes it if it is still ours, and resets it to none. */
void lt_own_fd_close(struct lt_own_fd *own);

#endif
