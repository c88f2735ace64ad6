/* SPDX-License-Identifier: Apache-2.0 */
#include "util/output.h"

#include "util/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)

/* --- signals ------------------------------------------------------------------------------ */

/* The signals that a write may raise on its thread. */
struct mask {
	sigset_t before, pending; /* as they were */
};

static void block_signals(struct mask *mask)
{
	sigset_t raised;
	sigemptyset(&raised);
	sigaddset(&raised, SIGPIPE);
	sigaddset(&raised, SIGXFSZ);
	sigaddset(&raised, SIGTTOU); /* a terminal's check passes where it is blocked: tty(4) */
	pthread_sigmask(SIG_BLOCK, &raised, &mask->before);
	sigpending(&mask->pending);
}

/* Consumes the signal that came with err; one that was pending before is the program's. */
static void restore_signals(const struct mask *mask, int err)
{
	int number = err == -EPIPE ? SIGPIPE : err == -EFBIG ? SIGXFSZ : 0;
	if (number && !sigismember(&mask->pending, number)) {
		sigset_t ours;
		sigemptyset(&ours);
		sigaddset(&ours, number);
		sigtimedwait(&ours, NULL, &(struct timespec){0});
	}
	pthread_sigmask(SIG_SETMASK, &mask->before, NULL);
}

/* --- writing ------------------------------------------------------------------------------ */

static bool wait_until_writable(int fd, uint64_t deadline_ns)
{
	uint64_t now_ns = deadline_ns ? lt_clock_monotonic_ns() : 0;
	uint64_t left_ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / NS_PER_MS + 1 : 0;
	struct pollfd wanted = {.fd = fd, .events = POLLOUT};
	return poll(&wanted, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms) > 0;
}

/* Where RWF_NOWAIT is not supported: pipes before Linux 6.4, terminals.  A pipe that is ready has
 * room for PIPE_BUF bytes, pipe(7), unless another writer fills it in between. */
static ssize_t write_when_ready(int fd, const char *bytes, size_t n)
{
	if (!wait_until_writable(fd, 0)) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, bytes, n < PIPE_BUF ? n : PIPE_BUF);
}

/* Writes as much as possible without waiting; -1 with EAGAIN for none. */
static ssize_t write_some(int fd, mode_t type, const char *bytes, size_t n)
{
	if (S_ISSOCK(type))
		return send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!S_ISFIFO(type) && !S_ISCHR(type))
		return write(fd, bytes, n);
	/* musl has no pwritev2().  -1: where the file's position is. */
	ssize_t written = syscall(
		SYS_pwritev2, fd, &(struct iovec){(void *)bytes, n}, 1, -1L, -1L, RWF_NOWAIT);
	if (written >= 0 || errno == EAGAIN || errno == EINTR || errno == EPIPE)
		return written;
	return write_when_ready(fd, bytes, n);
}

static int write_all(int fd, mode_t type, const char *bytes, size_t n, uint64_t deadline_ns)
{
	while (n) {
		ssize_t written = write_some(fd, type, bytes, n);
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		} else if (written < 0 && errno != EINTR && errno != EAGAIN) {
			return -errno;
		} else if (!wait_until_writable(fd, deadline_ns) &&
			   (!deadline_ns || lt_clock_monotonic_ns() >= deadline_ns)) {
			return -EAGAIN;
		}
	}
	return 0;
}

int lt_output_write(int fd, const char *bytes, size_t n, uint64_t deadline_ns)
{
	struct stat file;
	if (fstat(fd, &file) != 0)
		return -errno;
	struct mask mask;
	block_signals(&mask);
	int err = write_all(fd, file.st_mode, bytes, n, deadline_ns);
	restore_signals(&mask, err);
	return err;
}
