/* SPDX-License-Identifier: Apache-2.0 */
/* output.h - writes to descriptors that are the program's as much as ours: standard error. */
#ifndef LT_OUTPUT_H
#define LT_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

/**
 * Writes n bytes, and waits until deadline_ns at most (lt_clock_monotonic_ns(); 0: not at all) for
 * a pipe, socket or terminal whose other end does not read.  The descriptor's flags stay as they
 * are, since other processes share them, and no signal is raised: no SIGPIPE when nobody reads,
 * no SIGXFSZ at a file's size limit, no SIGTTOU in the background of a terminal.
 *
 * Up to PIPE_BUF bytes go into a pipe whole or not at all; of more, some may have been written when
 * it fails.
 * @return 0; -EAGAIN when the deadline has passed; -EBADF when fd is closed, -EPIPE and so on
 */
int lt_output_write(int fd, const char *bytes, size_t n, uint64_t deadline_ns);

#endif
