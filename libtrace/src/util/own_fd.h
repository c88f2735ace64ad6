/* SPDX-License-Identifier: Apache-2.0 */
/* own_fd.h - descriptors of ours in a process that is not ours.
 *
 * A program may close every descriptor that it did not open, and the next file that it opens has
 * the number of one of ours.  So each is remembered with the identity of what it is, and looked at
 * before it is written to or closed.  None is below 3, where a program expects its standard streams,
 * and none goes on to a program that is executed.
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
 * Makes fd ours: moved to 3 or above where it is below, and closed on exec.
 * @param fd  takes; it is closed where this fails
 * @return whether it is one now; errno otherwise
 */
bool lt_own_fd_init(struct lt_own_fd *own, int fd);

/** Whether the number still is what it was. */
bool lt_own_fd_is_intact(const struct lt_own_fd *own);

/** Closes it, if it is still ours, and makes it none. */
void lt_own_fd_close(struct lt_own_fd *own);

#endif
