/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"
#include "container.h"
#include "preload.h"
#include "process/relay_address.h"
#include "setup/exporter_from_env.h"
#include "util/config.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libtrace/instrumentation.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKLOG 1024 /* programs that may come while a request is on its way */

enum { DOOR_FD = 3, PROGRAM_FD = 4, FREE_FD = 16 }; /* 3 and 4: as main.c of the relay */

static void ignore_report(enum lt_level level, const char *text, void *user)
{
}

static const char *obstacle(void)
{
	int is_subreaper = 0;

	if (!lt_relay_is_wanted())
		return "OTEL_C_RELAY is no";
	if (lt_config_has_file())
		return "OTEL_CONFIG_FILE is set";
	if (lt_config_bool("OTEL_SDK_DISABLED"))
		return "OTEL_SDK_DISABLED is true";
	if (!lt_exporter_is_otlp_alone())
		return "OTEL_TRACES_EXPORTER is not otlp alone";
	if (getpid() != 1 && container_keeps_zombies())
		return "the first process of this container reaps no orphans";
	if (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0 && is_subreaper)
		return "the program is to be the parent of orphans";
	return NULL;
}

/* What is wrong with the settings is the program's to report. */
const char *relay_obstacle(void)
{
	lt_set_report_handler(ignore_report, NULL);
	const char *found = obstacle();
	lt_set_report_handler(NULL, NULL);
	return found;
}

/* A name that the kernel chooses, in no folder: nothing is left behind. */
static int open_door(char name[64])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address.sun_family)) ||
		listen(fd, BACKLOG) || getsockname(fd, (struct sockaddr *)&address, &len)) {
		int err = -errno;
		close(fd);
		return err;
	}
	size_t n = len - offsetof(struct sockaddr_un, sun_path) - 1;
	if (n >= 64) {
		close(fd);
		return -ENAMETOOLONG;
	}
	memcpy(name, address.sun_path + 1, n);
	name[n] = '\0';
	return fd;
}

/* Of the two that the relay starts with, moved out of each other's way first. */
static void place_descriptors(int door, int program, bool has_init)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	door = fcntl(door, F_DUPFD_CLOEXEC, FREE_FD);
	program = fcntl(program, F_DUPFD_CLOEXEC, FREE_FD);
	null = fcntl(null, F_DUPFD_CLOEXEC, FREE_FD);
	/* Of an init, which has it too, the standard error stays: a last report has no program to print it. */
	for (int fd = 0; fd < (has_init ? STDERR_FILENO : DOOR_FD); fd++)
		dup2(null, fd);
	dup2(door, DOOR_FD);
	dup2(program, PROGRAM_FD);
	syscall(SYS_close_range, PROGRAM_FD + 1, ~0U, 0);
}

/* Its parent ends at once, so that it is no child of the program's.  Its exit code is an error. */
__attribute__((noreturn)) static void become_relay(
	const char *path, int door, int program, bool has_init)
{
	sigset_t mask;

	setsid();
	/* An init may come to it before its exec: it knows a relay by its name, and the signals that end
	 * it wait until it can heed them. */
	prctl(PR_SET_NAME, "libtrace-relay");
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	pid_t relay = fork();
	if (relay != 0)
		_exit(relay < 0 ? errno : 0);
	place_descriptors(door, program, has_init);
	unsetenv("LD_PRELOAD"); /* it is not to be traced */
	if (chdir("/") == 0)
		execl(path, "libtrace-relay", (char *)NULL);
	_exit(EXIT_FAILURE); /* the door is closed, which programs notice */
}

/* Its exec is not waited for: programs that come meanwhile wait at the door. */
static int start(const char *path, int door, int program, bool has_init)
{
	int status = 0;

	if (access(path, X_OK))
		return -errno;
	pid_t child = vfork();
	if (child == 0)
		become_relay(path, door, program, has_init);
	if (child < 0)
		return -errno;
	if (waitpid(child, &status, 0) != child)
		return 0; /* SIGCHLD is ignored, and nothing known of it */
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

/* Whether a program is to wait at its exit, since the relay may not outlive it by long. */
static const char *exit_wait(bool has_init)
{
	if (has_init)
		return "," LT_RELAY_WAITS_NEVER;
	return container_is_entered() ? "," LT_RELAY_WAITS_ALWAYS : "";
}

static int start_named(const char *path, bool has_init)
{
	char name[64], token[LT_SLAB_TOKEN_BYTES], value[160];

	int door = open_door(name);
	if (door < 0)
		return door;
	int program = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int err = program < 0 ? -errno : lt_relay_token_make(token);
	if (!err) {
		snprintf(value, sizeof(value), "%s,%.*s,%" PRIx64 "%s", name, LT_SLAB_TOKEN_BYTES,
			token, lt_relay_settings(), exit_wait(has_init));
		err = setenv(LT_RELAY_VARIABLE, value, 1) ? -errno : 0;
	}
	if (!err)
		err = start(path, door, program, has_init);
	if (program >= 0)
		close(program);
	close(door);
	return err;
}

bool relay_is_needed(void)
{
	struct lt_relay_address address;

	return !lt_relay_has_path(NULL) && !relay_obstacle() && !lt_relay_address_read(&address);
}

void relay_start(bool has_init)
{
	struct lt_relay_address address;
	char path[PATH_MAX];

	if (lt_relay_has_path(NULL) || relay_obstacle()) {
		unsetenv(LT_RELAY_VARIABLE);
		return;
	}
	if (lt_relay_address_read(&address))
		return;
	int err = preload_find_relay(path);
	if (!err)
		err = start_named(path, has_init);
	if (err) {
		unsetenv(LT_RELAY_VARIABLE);
		fprintf(stderr,
			"libtrace-instrument: no libtrace-relay: %s; the program exports its spans "
			"itself\n",
			strerror(-err));
	}
}
