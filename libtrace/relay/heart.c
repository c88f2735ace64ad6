/* SPDX-License-Identifier: Apache-2.0 */
/* heart.c - the thread that owns the futexes: when it is no more, the kernel goes through its list,
 * and marks them.
 *
 * The list's links are in pages of the relay's own, a page behind each futex, since what is in shared
 * memory may be anything by the time it is followed.
 * Source: https://docs.kernel.org/locking/robust-futex-ABI.html
 */
#include "heart.h"

#include "util/clock.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BEAT_MS 200
#define STACK_BYTES (64 * 1024)

struct link { /* in a client's page */
	struct robust_list robust;
	struct link *next;
	struct lt_slab_control *control;
	int pidfd; /* -1: it is not watched */
	struct oom *oom;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static pthread_cond_t is_up = PTHREAD_COND_INITIALIZER;
static int signal_fd, events_fd; /* written before there is a second thread, as is the next */
static void (*stop)(void);
static struct link *first;
static pid_t owner; /* 0: not up yet; -1: it cannot be */
static struct robust_list_head head = {
	.list = {&head.list}, .futex_offset = -(long)LT_SHARED_PAGE_BYTES};

_Static_assert(offsetof(struct lt_slab_control, owner) == 0, "a page before its link");
_Static_assert(offsetof(struct link, robust) == 0, "at the page's start");

static struct link *link_of(struct lt_slab_control *control)
{
	return (struct link *)((char *)control + LT_SHARED_PAGE_BYTES);
}

/* Lock held.  The kernel reads the list when the thread has ended, so the order does not matter. */
static void string_together(void)
{
	struct robust_list *last = &head.list;
	for (struct link *link = first; link; link = link->next) {
		last->next = &link->robust;
		last = &link->robust;
	}
	last->next = &head.list;
}

/* --- what it waits for -------------------------------------------------------------------- */

static void watch(int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = what};
	(void)epoll_ctl(events_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Its program has ended, unless it has been removed meanwhile. */
static void look_at(const struct link *ended)
{
	pthread_mutex_lock(&lock);
	for (struct link *link = first; link; link = link->next) {
		if (link == ended)
			oom_look(link->oom);
	}
	pthread_mutex_unlock(&lock);
}

/* Until the next beat, or less. */
static void wait_for_events(void)
{
	struct epoll_event event;
	if (epoll_wait(events_fd, &event, 1, BEAT_MS) <= 0)
		return;
	if (event.data.ptr)
		look_at(event.data.ptr);
	else
		stop();
}

/* --- its thread --------------------------------------------------------------------------- */

static void *beat(void *unused)
{
	long err = syscall(SYS_set_robust_list, &head, sizeof(head));
	pthread_mutex_lock(&lock);
	owner = err ? -1 : gettid();
	pthread_cond_signal(&is_up);
	for (;;) {
		uint64_t now_ns = lt_clock_monotonic_ns();
		for (struct link *link = first; link; link = link->next)
			atomic_store(&link->control->beat_ns, now_ns);
		pthread_mutex_unlock(&lock);
		wait_for_events();
		pthread_mutex_lock(&lock);
	}
	return NULL;
}

int heart_start(void (*on_stop)(void))
{
	pthread_t thread;
	sigset_t signals;
	stop = on_stop;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	events_fd = epoll_create1(EPOLL_CLOEXEC);
	if (signal_fd < 0 || events_fd < 0)
		return -errno;
	watch(signal_fd, NULL);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	int err = pthread_create(&thread, &attr, beat, NULL);
	pthread_attr_destroy(&attr);
	if (err)
		return -err;
	pthread_mutex_lock(&lock);
	while (!owner)
		pthread_cond_wait(&is_up, &lock);
	pthread_mutex_unlock(&lock);
	return owner < 0 ? -ENOSYS : 0;
}

void heart_add(struct lt_slab_control *control, int pidfd, struct oom *oom)
{
	struct link *link = link_of(control);
	pthread_mutex_lock(&lock);
	link->control = control;
	link->oom = oom;
	link->pidfd = oom->fd < 0 ? -1 : pidfd;
	link->next = first;
	first = link;
	string_together();
	atomic_store(&control->owner, (uint32_t)owner);
	atomic_store(&control->beat_ns, lt_clock_monotonic_ns());
	pthread_mutex_unlock(&lock);
	if (link->pidfd >= 0)
		watch(link->pidfd, link);
}

void heart_remove(struct lt_slab_control *control)
{
	pthread_mutex_lock(&lock);
	if (link_of(control)->pidfd >= 0)
		(void)epoll_ctl(events_fd, EPOLL_CTL_DEL, link_of(control)->pidfd, NULL);
	for (struct link **place = &first; *place; place = &(*place)->next) {
		if (*place == link_of(control)) {
			*place = (*place)->next;
			break;
		}
	}
	string_together();
	pthread_mutex_unlock(&lock);
}
