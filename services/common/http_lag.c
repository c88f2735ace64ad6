/* SPDX-License-Identifier: Apache-2.0 */
#include "http_lag.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"

#define NS_PER_MS UINT64_C(1000000)
#define INTERVAL_NS                                                                                \
	(20 * NS_PER_MS) /* between two measurements, each of which is a turn of the loop */
#define SLEPT_MS 100	 /* between two turns: nobody has waited */

/* Under an overload the wait is to be one in so many of what makes it one. */
#define TARGET_SHARE 8
/* At least one request in so many is served: where those that are shed come again at once, to shed them
 * could take all the time that there is. */
#define SHARE_MIN 0.0625
#define SHARE_CUT_MAX 0.5     /* by one measurement */
#define SHARE_GROWTH 0.005    /* likewise, added: its work also comes when its call is answered */
#define CALM_MEASUREMENTS 100 /* 2 s: the overload is over */

/* --- the share ---------------------------------------------------------------------------- */

void http_admission_init(struct http_admission *admission, unsigned max_ms)
{
	*admission = (struct http_admission){
		.max_ns = max_ms * NS_PER_MS,
		.target_ns = max_ms * NS_PER_MS / TARGET_SHARE,
		.share = 1,
	};
}

static void cut(struct http_admission *admission, uint64_t lag_ns)
{
	double by = (double)admission->target_ns / (double)lag_ns;

	admission->share *= by > SHARE_CUT_MAX ? by : SHARE_CUT_MAX;
	if (admission->share < SHARE_MIN)
		admission->share = SHARE_MIN;
	admission->n_calm = 0;
}

static void grow(struct http_admission *admission)
{
	admission->share += SHARE_GROWTH;
	if (admission->share < 1)
		return;
	admission->share = 1;
	if (++admission->n_calm >= CALM_MEASUREMENTS)
		admission->is_overloaded = false;
}

void http_admission_measured(struct http_admission *admission, uint64_t lag_ns)
{
	if (admission->max_ns == 0)
		return;
	if (lag_ns > admission->max_ns && !admission->is_overloaded) {
		admission->is_overloaded = true;
		admission->share = 0; /* all that waits already has waited for too long */
		admission->n_calm = 0;
		return;
	}
	if (!admission->is_overloaded)
		return;
	if (admission->share < SHARE_MIN)
		admission->share = SHARE_MIN;
	if (lag_ns > admission->target_ns)
		cut(admission, lag_ns);
	else
		grow(admission);
}

bool http_admission_admits(struct http_admission *admission)
{
	if (admission->share >= 1)
		return true;
	admission->credit += admission->share;
	if (admission->credit < 1)
		return false;
	admission->credit -= 1;
	return true;
}

/* --- the measurement ---------------------------------------------------------------------- */

static void on_event(h2o_socket_t *sock, const char *err)
{
	struct http_lag *lag = sock->data;
	eventfd_t value;

	eventfd_read(h2o_socket_get_fd(sock), &value);
	lag->has_come = true;
}

/* libh2o handles our event before those of clients that were reported with it: they are part of it. */
static void finish(struct http_lag *lag)
{
	uint64_t now_ns = monotonic_ns();

	http_admission_measured(&lag->admission, now_ns - lag->sent_ns);
	lag->has_come = false;
	lag->sent_ns = 0;
	lag->next_at_ns = now_ns + INTERVAL_NS;
}

/* One request alone has nobody to wait for. */
static void begin(struct http_lag *lag)
{
	if (lag->n_requests < 2 && !lag->admission.is_overloaded)
		return;
	uint64_t now_ns = monotonic_ns();
	if (now_ns < lag->next_at_ns)
		return;
	lag->n_requests = 0;
	if (eventfd_write(h2o_socket_get_fd(lag->sock), 1) == 0)
		lag->sent_ns = now_ns;
}

/* A measurement that is under way for longer than the limit need not end to show an overload. */
static void notice_overload(struct http_lag *lag)
{
	uint64_t lag_ns = monotonic_ns() - lag->sent_ns;

	if (lag_ns > lag->admission.max_ns && !lag->admission.is_overloaded)
		http_admission_measured(&lag->admission, lag_ns);
}

/* By h2o_now()'s clock, which tells when a turn began: in a long one that is long ago. */
static uint64_t realtime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

void http_lag_turn(struct http_lag *lag)
{
	if (lag->has_come)
		finish(lag);
	else if (lag->sent_ns > 0)
		notice_overload(lag);
	if (lag->n_requests > 0 && lag->sent_ns == 0)
		begin(lag);
	if (lag->admission.share < 1)
		lag->turned_at_ms = realtime_ms();
}

bool http_lag_admits(struct http_lag *lag)
{
	struct http_admission *admission = &lag->admission;

	lag->n_requests += lag->sock != NULL;
	if (__builtin_expect(admission->share >= 1, 1))
		return true;
	if (h2o_now(lag->loop) > lag->turned_at_ms + SLEPT_MS)
		admission->share = 1;
	return http_admission_admits(admission);
}

int http_lag_start(struct http_lag *lag, h2o_loop_t *loop, unsigned max_ms)
{
	*lag = (struct http_lag){.loop = loop};
	http_admission_init(&lag->admission, max_ms);
	if (max_ms == 0)
		return 0;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	lag->sock = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	lag->sock->data = lag;
	h2o_socket_read_start(lag->sock, on_event);
	return 0;
}

void http_lag_stop(struct http_lag *lag)
{
	if (!lag->sock)
		return;
	h2o_socket_read_stop(lag->sock);
	h2o_socket_close(lag->sock);
	lag->sock = NULL;
}
