/* SPDX-License-Identifier: Apache-2.0 */
/* dies.c - makes spans through the public API, and ends in one of many ways, for test_relay.py.
 *
 *   dies HOW NAME PER_SECOND N_SPANS COUNT_FILE
 *
 * One span, "NAME open", is open to the end.  The spans "NAME 0", "NAME 1", ... are ended meanwhile;
 * COUNT_FILE, four bytes, has how many.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libtrace/sdk.h>

static struct lt_tracer *tracer;
static struct lt_span *open_span;
static const char *name;
static _Atomic uint32_t *n_ended;

static void make_span(int i)
{
	char text[64];
	snprintf(text, sizeof(text), "%s %d", name, i);
	struct lt_attr attr = lt_int("i", i);
	struct lt_span *span = lt_span_start(
		tracer, text, &(struct lt_span_options){.attrs = &attr, .n_attrs = 1});
	lt_span_end(span);
	(*n_ended)++;
}

static void make_spans(int first, int n, int per_second)
{
	for (int i = first; i < first + n; i++) {
		make_span(i);
		nanosleep(&(struct timespec){.tv_nsec = 1000000000 / per_second}, NULL);
	}
}

/* --- what comes between the first half of the spans and the second ------------------------ */

static void forbid_sockets(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		exit(3);
}

static void close_all(void)
{
	syscall(SYS_close_range, 0, ~0U, 0);
}

static void change_root(void)
{
	char folder[] = "/tmp/dies-XXXXXX";
	if (!mkdtemp(folder) || chdir(folder) || rmdir(folder) || chroot("."))
		exit(3);
}

static void change_user(void)
{
	if (setgid(65534) || setuid(65534))
		exit(3);
}

static void become_daemon(void)
{
	if (daemon(0, 0))
		exit(3);
}

static void lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		exit(3);
}

/* --- ends --------------------------------------------------------------------------------- */

static void kill_self(void)
{
	kill(getpid(), SIGKILL);
}

static void kill_group(void)
{
	kill(0, SIGKILL);
}

static void terminate(void)
{
	kill(getpid(), SIGTERM);
}

static void fault(void)
{
	static int *volatile nowhere;
	*nowhere = 1;
}

static void leave_by_exit(void)
{
	exit(0);
}

static void leave(void)
{
	_exit(0);
}

static void leave_quickly(void)
{
	quick_exit(0);
}

static void execute(void)
{
	execl("/bin/true", "true", (char *)NULL);
}

static void leave_main(void)
{
	pthread_exit(NULL);
}

static void exhaust_memory(void)
{
	for (;;) {
		char *memory = mmap(
			NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			_exit(4);
		memset(memory, 1, 1 << 20);
	}
}

/* Each child makes one span of its own. */
static void fork_often(void)
{
	for (int i = 0; i < 1000; i++) {
		pid_t child = fork();
		if (child < 0)
			exit(3);
		if (child == 0) {
			make_span(100000 + i);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	_exit(0);
}

/* The open span is the parent's, whatever a child does to it; the child's own are the child's. */
static void be_a_child(void)
{
	lt_span_end(open_span);
	for (int i = 0; i < 40; i++)
		make_span(200000 + i);
	_exit(0);
}

static void inherit(void)
{
	pid_t child = fork();
	if (child == 0)
		be_a_child();
	if (child < 0 || waitpid(child, NULL, 0) != child)
		exit(3);
}

/* No handler of a fork runs. */
static void inherit_by_clone(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		be_a_child();
	make_spans(300000, 100, 100000);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		exit(3);
}

static const struct {
	const char *name;
	void (*between)(void); /* NULL: nothing */
	void (*end)(void);     /* NULL: it is ended from outside */
} kinds[] = {
	{"kill", NULL, kill_self},
	{"kill-group", NULL, kill_group},
	{"memory-limit", NULL, exhaust_memory},
	{"SIGSEGV", NULL, fault},
	{"abort", NULL, abort},
	{"exit", NULL, leave_by_exit},
	{"_exit", NULL, leave},
	{"quick_exit", NULL, leave_quickly},
	{"exec", NULL, execute},
	{"SIGTERM", NULL, terminate},
	{"pthread_exit", NULL, leave_main},
	{"close_range", close_all, leave},
	{"chroot", change_root, leave},
	{"setuid", change_user, kill_self},
	{"seccomp", forbid_sockets, leave},
	{"daemon", become_daemon, leave},
	{"mlockall", lock_memory, kill_self},
	{"forks", NULL, fork_often},
	{"inherit", inherit, leave},
	{"clone", inherit_by_clone, leave},
	{"wait", NULL, NULL},
};

int main(int argc, char **argv)
{
	struct lt_provider *provider;
	if (argc != 6)
		return 2;
	name = argv[2];
	int per_second = atoi(argv[3]), n = atoi(argv[4]);
	int fd = open(argv[5], O_RDWR | O_CLOEXEC);
	n_ended = mmap(NULL, sizeof(*n_ended), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (n_ended == MAP_FAILED)
		return 2;
	provider = lt_provider_global();
	if (!provider && lt_provider_new(NULL, &provider))
		return 2;
	tracer = lt_tracer_get(provider, "dies", "1");
	char text[64];
	snprintf(text, sizeof(text), "%s open", name);
	open_span = lt_span_start(tracer, text, NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]) != 0)
			continue;
		make_spans(0, n / 2, per_second);
		if (kinds[i].between)
			kinds[i].between();
		make_spans(n / 2, n - n / 2, per_second);
		if (kinds[i].end)
			kinds[i].end();
		pause();
		lt_span_end(open_span);
		return 0;
	}
	return 2;
}
