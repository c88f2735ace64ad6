/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl does not reveal these descriptors.  They are the two on which a wake-up becomes visible,
 * and they have the lowest numbers that were free: not far above the lowest one before, or below it
 * where another thread has closed a descriptor in between. */
#include "export/curl_wakeup.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 3	      /* beyond the standard streams */
#define BEYOND 128    /* numbers checked above it: other threads open descriptors, too */
#define LOOKED_AT 512 /* in all, the highest of them: two system calls each */
#define FILLERS_MAX (FIRST + 1)

/* Fills the free numbers below FIRST with copies of any descriptor; returns the lowest free number
 * above. */
static int fill(int fillers[FILLERS_MAX], int *n_fillers)
{
	int source = open("/", O_PATH | O_CLOEXEC);
	*n_fillers = 0;
	if (source < 0)
		return -1;
	fillers[(*n_fillers)++] = source;
	while (fillers[*n_fillers - 1] < FIRST && *n_fillers < FILLERS_MAX) {
		int fd = fcntl(source, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return -1;
		fillers[(*n_fillers)++] = fd;
	}
	int lowest = fillers[*n_fillers - 1];
	close(fillers[--*n_fillers]);
	return lowest;
}

static int count_of(int fd, unsigned long what)
{
	int n = 0;
	return ioctl(fd, what, &n) == 0 ? n : 0;
}

/* Whether it is one end of a local connection without close-on-exec. */
static bool may_be(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int flags = fcntl(fd, F_GETFD);
	return flags >= 0 && !(flags & FD_CLOEXEC) &&
	       getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	       address.ss_family == AF_UNIX;
}

struct counts {
	int to_read[LOOKED_AT], sent[LOOKED_AT]; /* bytes */
};

/* The first descriptor whose count was 0 and is not any more; -1: none. */
static int changed(int first, const int before[LOOKED_AT], int n, unsigned long what)
{
	for (int i = 0; i < n; i++) {
		if (before[i] == 0 && may_be(first + i) && count_of(first + i, what) > 0)
			return first + i;
	}
	return -1;
}

static void find(const struct lt_curl_library *curl, CURLM *multi, int first, int n,
	struct lt_own_fd ret_fds[LT_CURL_WAKEUP_FDS])
{
	struct counts before;
	for (int i = 0; i < n; i++) {
		before.to_read[i] = count_of(first + i, FIONREAD);
		before.sent[i] = count_of(first + i, SIOCOUTQ);
	}
	curl->multi_wakeup(multi);
	int ends[LT_CURL_WAKEUP_FDS] = {changed(first, before.to_read, n, FIONREAD),
		changed(first, before.sent, n, SIOCOUTQ)};
	curl->multi_poll(multi, NULL, 0, 0, NULL); /* takes the wake-up back */
	if (ends[0] < 0 || ends[1] < 0 || ends[0] == ends[1] || count_of(ends[0], FIONREAD) > 0)
		return;
	for (int i = 0; i < LT_CURL_WAKEUP_FDS; i++)
		lt_own_fd_init(&ret_fds[i], ends[i]);
}

CURLM *lt_curl_wakeup_multi_new(
	const struct lt_curl_library *curl, struct lt_own_fd ret_fds[LT_CURL_WAKEUP_FDS])
{
	int fillers[FILLERS_MAX], n_fillers;
	int lowest = fill(fillers, &n_fillers);
	CURLM *multi = curl->multi_init();
	if (multi && lowest >= 0 && curl->multi_wakeup && curl->multi_poll) {
		int end = lowest + BEYOND;
		int first = end - FIRST > LOOKED_AT ? end - LOOKED_AT : FIRST;
		find(curl, multi, first, end - first, ret_fds);
	}
	while (n_fillers)
		close(fillers[--n_fillers]);
	return multi;
}
