/* SPDX-License-Identifier: Apache-2.0 */
#include "init.h"
#include "util/clock.h"
#include "util/config.h"
#include "util/defaults.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libtrace/sdk.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 10 /* between two looks at who is left, once the program has ended */
#define EXIT_TIMEOUT_MAX_MS 3600000
#define RELAY_NAME "libtrace-relay"
#define NS_PER_MS UINT64_C(1000000)
/* Of the slave ends of pseudoterminals.
 * Source: https://docs.kernel.org/admin-guide/devices.html */
#define PTS_MAJOR_MIN 136
#define PTS_MAJOR_MAX 143

struct init {
	sigset_t mask;		       /* before all signals were blocked */
	struct sigaction child_action; /* of SIGCHLD, likewise */
	int terminal; /* given up, for the program to take; -1: there is none, or it stays shared */
	bool is_shared;
	pid_t program;
	bool has_ended;
	int code;
};

/* --- the terminal ------------------------------------------------------------------------- */

/* Another terminal hangs up when the leader of its session leaves it. */
static bool is_pseudoterminal(int fd)
{
	unsigned device;

	if (ioctl(fd, TIOCGDEV, &device) != 0)
		return false;
	unsigned major = (device >> 8) & 0xfff;
	return major >= PTS_MAJOR_MIN && major <= PTS_MAJOR_MAX;
}

/* The program is to lead a session as this process does: Ctrl-C is for it alone, and Ctrl-Z does not
 * stop it, since nobody could continue it.  In a session of somebody else's, a shell's, it stays in this
 * process's group, and the terminal's signals come to both. */
static void leave_terminal(struct init *init)
{
	sigset_t hangup;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	init->terminal = -1;
	if (fd < 0)
		return;
	if (getsid(0) != getpid() || !is_pseudoterminal(fd) || ioctl(fd, TIOCNOTTY) != 0) {
		init->is_shared = true;
		close(fd);
		return;
	}
	init->terminal = fd;
	/* Which leaving it sends to its foreground group, this process. */
	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	sigaddset(&hangup, SIGCONT);
	while (sigtimedwait(&hangup, NULL, &(struct timespec){0}) > 0)
		;
}

/* In the child. */
static void take_terminal(const struct init *init)
{
	if (init->is_shared)
		return;
	setsid();
	if (init->terminal >= 0 && ioctl(init->terminal, TIOCSCTTY, 0) != 0)
		fprintf(stderr, "libtrace-instrument: the program has no terminal: %s\n",
			strerror(errno));
}

/* The program's ends of pipes are its own to close. */
static void drop_descriptors(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	if (chdir("/") != 0)
		return; /* then it keeps its folder from being unmounted */
}

/* --- signals ------------------------------------------------------------------------------ */

/* Whether the program has it already, being in the terminal's foreground group too. */
static bool is_of_terminal(const siginfo_t *info)
{
	static const int of_terminal[] = {
		SIGINT, SIGQUIT, SIGHUP, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};
	bool is_sent = false;

	for (size_t i = 0; i < sizeof(of_terminal) / sizeof(of_terminal[0]); i++)
		is_sent |= info->si_signo == of_terminal[i];
	return is_sent && info->si_code == SI_KERNEL;
}

static void pass_on(const struct init *init, const siginfo_t *info)
{
	if (info->si_signo == SIGCHLD || is_of_terminal(info))
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(init->program, info->si_signo, info->si_value);
	else
		kill(init->program, info->si_signo);
}

/* @return whether children are left */
static bool reap(struct init *init)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != init->program)
			continue;
		init->has_ended = true;
		init->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return pid == 0;
}

static void wait_for_program(struct init *init)
{
	siginfo_t info;
	sigset_t all;

	sigfillset(&all);
	while (!init->has_ended) {
		if (sigwaitinfo(&all, &info) > 0)
			pass_on(init, &info);
		reap(init);
	}
}

/* --- the end ------------------------------------------------------------------------------ */

/* /proc/PID/stat: "PID (NAME) STATE ..."  False: it has ended. */
static bool is_alive(int proc, const char *pid, bool *ret_is_relay)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "%.20s/stat", pid);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	if (!name || !end)
		return false;
	*ret_is_relay = strncmp(name, "(" RELAY_NAME ")", sizeof(RELAY_NAME) + 1) == 0;
	return end[1] != ' ' || end[2] != 'Z';
}

/* Sends a signal to all but this process: to relays, or to all others.
 * @return to how many */
static size_t kill_all(DIR *proc, bool relays, int number)
{
	const struct dirent *entry;
	bool is_relay;
	size_t n = 0;

	rewinddir(proc);
	while ((entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid > 1 && is_alive(dirfd(proc), entry->d_name, &is_relay) &&
			is_relay == relays)
			n += kill(pid, number) == 0;
	}
	return n;
}

/* /proc, unless it is of other processes than one's own. */
static DIR *open_proc(void)
{
	char self[16] = "";

	if (readlink("/proc/self", self, sizeof(self) - 1) != 1 || self[0] != '1')
		return NULL;
	return opendir("/proc");
}

static void ignore_report(enum lt_level level, const char *text, void *user)
{
}

/* What is wrong with it the program reports. */
static uint64_t exit_timeout_ms(void)
{
	lt_set_report_handler(ignore_report, NULL);
	return lt_config_uint(
		"OTEL_C_EXIT_TIMEOUT", LT_DEFAULT_EXIT_TIMEOUT_MS, 0, EXIT_TIMEOUT_MAX_MS);
}

/* The others end with the program, as they would with the first process; a relay that has them all
 * behind it sends what it has and ends. */
static void wait_for_relays(struct init *init)
{
	uint64_t timeout_ms = exit_timeout_ms();
	uint64_t end_ns = lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	DIR *proc = open_proc();
	bool is_told = false;
	sigset_t all;

	sigfillset(&all);
	while (reap(init)) {
		if (proc && !is_told && kill_all(proc, false, SIGKILL) == 0)
			is_told = kill_all(proc, true, SIGTERM) != 0;
		if (lt_clock_monotonic_ns() >= end_ns) {
			fprintf(stderr,
				"libtrace-instrument: spans may be lost: they have not been sent "
				"within %u ms of the program's end (OTEL_C_EXIT_TIMEOUT)\n",
				(unsigned)timeout_ms);
			return;
		}
		sigtimedwait(&all, NULL, &(struct timespec){.tv_nsec = TICK_MS * NS_PER_MS});
	}
}

/* --- start -------------------------------------------------------------------------------- */

int init_stay(void)
{
	struct init init = {.terminal = -1};
	struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &init.mask);
	/* Children that are not waited for would leave no exit code. */
	sigaction(SIGCHLD, &by_default, &init.child_action);
	leave_terminal(&init);
	init.program = fork();
	if (init.program > 0) {
		drop_descriptors();
		wait_for_program(&init);
		wait_for_relays(&init);
		_exit(init.code);
	}
	int err = init.program < 0 ? -errno : 0;
	take_terminal(&init);
	sigaction(SIGCHLD, &init.child_action, NULL);
	sigprocmask(SIG_SETMASK, &init.mask, NULL);
	return err;
}
