/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include "process/relay_address.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024
#define SOCKET_UMASK 0111 /* anybody may write to it: the folder and the token decide */
#define TOKEN_MODE 0640
#define WAIT_MAX_MS 5000
#define WAIT_NAP_NS 2000000
#define NS_PER_MS UINT64_C(1000000)

static const char *socket_path; /* NULL: there is none */
static char token_path[LT_SLAB_NAME_BYTES + sizeof(LT_RELAY_TOKEN_SUFFIX)]; /* "": likewise */

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "libtrace-relay: %s: %s\n", path, what);
	return -1;
}

/* --- the token ---------------------------------------------------------------------------- */

static bool read_own(char token[LT_SLAB_TOKEN_BYTES])
{
	struct stat stat_of;
	bool is_own = lstat(token_path, &stat_of) == 0 && S_ISREG(stat_of.st_mode) &&
		      stat_of.st_uid == geteuid() && !(stat_of.st_mode & (S_IWGRP | S_IWOTH));
	return is_own && lt_relay_token_from_file(socket_path, token) == 0;
}

static bool write_new(char token[LT_SLAB_TOKEN_BYTES])
{
	unlink(token_path);
	int fd = open(token_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, TOKEN_MODE);
	if (fd < 0)
		return false;
	int err = lt_relay_token_make(token);
	bool is_written = !err && fchmod(fd, TOKEN_MODE) == 0 &&
			  dprintf(fd, "%.*s\n", LT_SLAB_TOKEN_BYTES, token) > 0;
	return close(fd) == 0 && is_written;
}

static bool find_token(char token[LT_SLAB_TOKEN_BYTES])
{
	int err = lt_relay_token_from_env(token);
	if (err == -EINVAL)
		complain("OTEL_C_RELAY_TOKEN", "it is not 32 digits 0-9a-f");
	if (err != -ENOENT)
		return !err;
	snprintf(token_path, sizeof(token_path), "%s" LT_RELAY_TOKEN_SUFFIX, socket_path);
	if (read_own(token) || write_new(token))
		return true;
	complain(token_path, strerror(errno));
	token_path[0] = '\0';
	return false;
}

/* --- the socket --------------------------------------------------------------------------- */

static int read_path(const char *path, struct sockaddr_un *ret_address)
{
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof(ret_address->sun_path))
		return complain(path, "a socket's path has 1 to 107 bytes");
	ret_address->sun_family = AF_UNIX;
	memcpy(ret_address->sun_path, path, len + 1);
	return 0;
}

/* @return 0 when somebody listens there; -ECONNREFUSED: a killed relay's socket */
static int try_to_connect(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int err = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : 0;
	close(fd);
	return err;
}

int listen_wait(const char *path)
{
	struct sockaddr_un address;
	uint64_t until_ns = lt_clock_monotonic_ns() + WAIT_MAX_MS * NS_PER_MS;
	if (read_path(path, &address) != 0)
		return -1;
	while (try_to_connect(&address) != 0) {
		if (lt_clock_monotonic_ns() >= until_ns) {
			complain(path, "no relay listens there");
			break;
		}
		nanosleep(&(struct timespec){.tv_nsec = WAIT_NAP_NS}, NULL);
	}
	return 0;
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(SOCKET_UMASK);
	int err = bind(fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : 0;
	umask(before);
	return err;
}

static int open_socket(const struct sockaddr_un *address)
{
	struct stat stat_of;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int err = bind_to(fd, address);
	if (err == -EADDRINUSE && lstat(address->sun_path, &stat_of) == 0 &&
		S_ISSOCK(stat_of.st_mode) && try_to_connect(address) == -ECONNREFUSED) {
		unlink(address->sun_path);
		err = bind_to(fd, address);
	}
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int listen_begin(const char *path, char ret_token[LT_SLAB_TOKEN_BYTES])
{
	struct sockaddr_un address;
	if (read_path(path, &address) != 0)
		return -1;
	int fd = open_socket(&address);
	if (fd == -EADDRINUSE)
		return complain(path, "another relay listens there, or it is no socket");
	if (fd < 0)
		return complain(path, strerror(-fd));
	socket_path = path;
	/* The token is there before anybody can connect. */
	if (!find_token(ret_token)) {
		listen_end();
		close(fd);
		return -1;
	}
	if (listen(fd, BACKLOG) != 0) {
		complain(path, strerror(errno));
		listen_end();
		close(fd);
		return -1;
	}
	return fd;
}

void listen_end(void)
{
	if (socket_path)
		unlink(socket_path);
	if (token_path[0])
		unlink(token_path);
	socket_path = NULL;
	token_path[0] = '\0';
}
