/* SPDX-License-Identifier: Apache-2.0 */
#include "door.h"

#include "util/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SILENCE_MAX_MS 1000
#define NS_PER_MS UINT64_C(1000000)

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

size_t door_poll(const struct door *door, struct pollfd *fds)
{
	size_t n = 0;
	if (door->n_silent < door->silent_max)
		fds[n++] = (struct pollfd){.fd = door->fd, .events = POLLIN};
	for (size_t i = 0; i < door->n_silent; i++)
		fds[n++] = (struct pollfd){.fd = door->silent[i], .events = POLLIN};
	return n;
}

/* Whose process it is; -1 for the descriptor of one that has ended already. */
static int read_peer(int fd, pid_t *ret_pid)
{
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		peer.pid = 0;
	*ret_pid = peer.pid;
	int pidfd;
	len = sizeof(pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0)
		return pidfd;
	if (errno != ENOPROTOOPT || peer.pid <= 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, peer.pid, 0);
}

/* In time that does not depend on where they differ. */
static bool is_token(const char *a, const char *b)
{
	unsigned char differs = 0;
	for (size_t i = 0; i < LT_SLAB_TOKEN_BYTES; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return !differs;
}

static bool is_sound(const struct door *door, const struct lt_slab_hello *hello)
{
	return hello->magic == LT_SLAB_MAGIC && hello->version == LT_SLAB_VERSION &&
	       is_token(hello->token, door->token) && hello->n_blocks >= LT_SLAB_BLOCKS_MIN &&
	       hello->n_blocks <= LT_SLAB_BLOCKS_MAX &&
	       (hello->n_blocks & (hello->n_blocks - 1)) == 0;
}

/* The descriptors that came, of which the kernel hands over as many as there is room for; closed by the
 * caller.  Returns how many. */
static size_t read_rights(struct msghdr *message, int fds[CLIENT_FDS_MAX])
{
	size_t n = 0;
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
		n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(part), n * sizeof(int));
	}
	return n;
}

/* @return whether the connection is done: it has done its service, or cannot */
static bool read_hello(struct door *door, int fd, struct client **ret_client)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(CLIENT_FDS_MAX * sizeof(int))];
	} control;
	struct lt_slab_hello hello;
	struct iovec data = {&hello, sizeof(hello)};
	/* In what CMSG_SPACE() rounds up to the kernel would put one descriptor more. */
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(CLIENT_FDS_MAX * sizeof(int))};
	int fds[CLIENT_FDS_MAX];
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	size_t n_fds = read_rights(&message, fds);
	if (n == (ssize_t)sizeof(hello) && n_fds >= 2 && is_sound(door, &hello)) {
		pid_t pid;
		int pidfd = read_peer(fd, &pid);
		if (client_new(hello.n_blocks, fds, n_fds, pid, pidfd, ret_client) != 0)
			*ret_client = NULL;
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return true;
}

static void accept_all(struct door *door)
{
	while (door->n_silent < door->silent_max) {
		int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		door->since_ns[door->n_silent] = lt_clock_monotonic_ns();
		door->silent[door->n_silent++] = fd;
	}
}

struct client *door_take(struct door *door)
{
	struct client *client = NULL;
	accept_all(door);
	for (size_t i = 0; !client && i < door->n_silent;) {
		uint64_t age_ns = lt_clock_monotonic_ns() - door->since_ns[i];
		if (!read_hello(door, door->silent[i], &client) &&
			age_ns < SILENCE_MAX_MS * NS_PER_MS) {
			i++;
			continue;
		}
		close(door->silent[i]);
		door->n_silent--;
		memmove(&door->silent[i], &door->silent[i + 1],
			(door->n_silent - i) * sizeof(door->silent[0]));
		memmove(&door->since_ns[i], &door->since_ns[i + 1],
			(door->n_silent - i) * sizeof(door->since_ns[0]));
	}
	return client;
}
