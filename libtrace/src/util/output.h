/* SPDX-License-Identifier: Apache-2.0 */
/* output.h - writes to descriptors that we share with the program, such as standard error. */
#ifndef LT_OUTPUT_H
#define LT_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

/**
 * Writes n bytes.  Waits for a pipe, socket or terminal that is full until deadline_ns at most
 * (lt_clock_monotonic_ns(); 0: not at all).  The descriptor's flags stay as they are, since other
 * processes share them, and no signal is raised: no SIGPIPE, no SIGXFSZ at a file's size limit, no
 * SIGTTOU in the background of a terminal.
 *
 * Up to PIPE_BUF bytes are written to a pipe whole or not at all; of more, a part may have been
 * written on failure.
 * @return 0; -EAGAIN when the deadline has passed; -EBADF when fd is closed, -EPIPE and so on
 */
int lt_output_write(int fd, const char *bytes, size_t n, uint64_t deadline_ns);

#endif
