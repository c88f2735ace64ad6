/* SPDX-License-Identifier: Apache-2.0 */
#include "http_lanes.h"

#include <stdlib.h>
#include <sys/epoll.h>

/* Calls started together: few enough to fit in the first-level cache, enough to share one poll for
 * answers. */
#define SET_OUT_TOGETHER 8
#define RUSH_LANES 4 /* so many open lanes were a rush */

struct http_lane {
	struct http_lanes *lanes;
	size_t index; /* in http_lanes.lanes */
	CURLM *multi;
	struct delay delay; /* curl's last timeout; changes */
	struct timer timer;
	bool is_due; /* curl set a timeout of 0 */
	struct http_lane *next_due;
	bool is_touched;
	struct http_lane *next_touched;
	struct timer idle;
	bool idle_runs;
	bool was_used; /* since idle was started */
};

/* --- curl's descriptors and timeouts ------------------------------------------------------ */

static void end_transfers(struct http_lane *lane)
{
	CURLMsg *message;
	int n_left;

	while ((message = curl_multi_info_read(lane->multi, &n_left)))
		if (message->msg == CURLMSG_DONE)
			lane->lanes->on_end(message->easy_handle, message->data.result);
}

static void tell_time(struct http_lane *lane)
{
	int n_running;

	curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &n_running);
	end_transfers(lane);
}

static void on_timer(struct timer *timer)
{
	tell_time(H2O_STRUCT_FROM_MEMBER(struct http_lane, timer, timer));
}

/* Starts new calls, then handles answers. */
static void take_turn(struct http_lanes *lanes)
{
	struct http_lane *due = lanes->due;

	lanes->takes_turn = true;
	lanes->n_new = 0;
	lanes->due = NULL;
	timer_stop(&lanes->turn);
	while (due) {
		struct http_lane *lane = due;
		due = lane->next_due;
		lane->is_due = false;
		tell_time(lane);
	}
	http_sockets_poll(&lanes->sockets);
	lanes->takes_turn = false;
}

static void on_turn(struct timer *timer)
{
	take_turn(H2O_STRUCT_FROM_MEMBER(struct http_lanes, turn, timer));
}

static void be_due(struct http_lane *lane)
{
	struct http_lanes *lanes = lane->lanes;

	if (lane->is_due)
		return;
	if (!lanes->due)
		timer_start(&lanes->turn, &lanes->at_once, on_turn);
	lane->is_due = true;
	lane->next_due = lanes->due;
	lanes->due = lane;
}

static int on_curl_timeout(CURLM *multi, long timeout_ms, void *user)
{
	struct http_lane *lane = user;

	timer_stop(&lane->timer);
	if (timeout_ms == 0)
		be_due(lane);
	if (timeout_ms <= 0)
		return 0;
	delay_set(&lane->delay, (uint64_t)timeout_ms);
	timer_start(&lane->timer, &lane->delay, on_timer);
	return 0;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *unused)
{
	struct http_lane *lane = user;
	uint32_t events = what == CURL_POLL_IN	    ? EPOLLIN
			  : what == CURL_POLL_OUT   ? EPOLLOUT
			  : what == CURL_POLL_INOUT ? EPOLLIN | EPOLLOUT
						    : 0;
	return http_sockets_want(&lane->lanes->sockets, fd, events, lane) == 0 ? 0 : -1;
}

static void on_socket_ready(void *owner, int fd, uint32_t events)
{
	struct http_lane *lane = owner;
	int mask = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		   (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	int n_running;

	curl_multi_socket_action(lane->multi, fd, mask, &n_running);
	if (!lane->is_touched) {
		lane->is_touched = true;
		lane->next_touched = lane->lanes->touched;
		lane->lanes->touched = lane;
	}
}

static void on_sockets_done(void *user)
{
	struct http_lanes *lanes = user;

	while (lanes->touched) {
		struct http_lane *lane = lanes->touched;
		lanes->touched = lane->next_touched;
		lane->is_touched = false;
		end_transfers(lane);
	}
}

/* --- a lane ------------------------------------------------------------------------------- */

static void lane_close(struct http_lane *lane)
{
	curl_multi_cleanup(lane->multi);
	timer_stop(&lane->timer);
	delay_done(&lane->delay);
	if (lane->idle_runs)
		timer_stop(&lane->idle);
	lane->lanes->lanes[lane->index] = NULL;
	lane->lanes->n_open--;
	free(lane);
}

static struct http_lane *lane_open(struct http_lanes *lanes, size_t index)
{
	struct http_lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return NULL;
	lane->multi = curl_multi_init();
	if (!lane->multi) {
		free(lane);
		return NULL;
	}
	lane->lanes = lanes;
	lane->index = index;
	delay_init(&lane->delay, lanes->idle.loop, 0);
	curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
	curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_curl_timeout);
	curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
	curl_multi_setopt(lane->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	curl_multi_setopt(lane->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_LANE_CALLS);
	curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_LANE_CALLS);
	lanes->lanes[index] = lane;
	if (++lanes->n_open > lanes->n_open_peak)
		lanes->n_open_peak = lanes->n_open;
	return lane;
}

static void on_idle(struct timer *timer)
{
	struct http_lane *lane = H2O_STRUCT_FROM_MEMBER(struct http_lane, idle, timer);

	lane->idle_runs = false;
	if (lane->lanes->n_calls[lane->index] > 0)
		return; /* restarted when they have ended */
	if (!lane->was_used && !lane->is_due) {
		struct http_lanes *lanes = lane->lanes;
		lane_close(lane);
		if (lanes->n_open <= 1 && lanes->n_open_peak >= RUSH_LANES) {
			lanes->n_open_peak = lanes->n_open;
			lanes->on_rush_over(lanes);
		}
		return;
	}
	lane->was_used = false;
	lane->idle_runs = true;
	timer_start(&lane->idle, &lane->lanes->idle, on_idle);
}

void http_lane_remove(struct http_lane *lane, CURL *easy)
{
	struct http_lanes *lanes = lane->lanes;

	curl_multi_remove_handle(lane->multi, easy);
	lanes->n_all--;
	if (lane->index < lanes->first_free)
		lanes->first_free = lane->index;
	if (--lanes->n_calls[lane->index] > 0 || lane->idle_runs)
		return;
	lane->idle_runs = true;
	timer_start(&lane->idle, &lanes->idle, on_idle);
}

/* --- all lanes ---------------------------------------------------------------------------- */

/* The first lane that is not full; any when all are full. */
static size_t pick(struct http_lanes *lanes)
{
	while (lanes->first_free < HTTP_LANES_MAX &&
		lanes->n_calls[lanes->first_free] >= HTTP_LANE_CALLS)
		lanes->first_free++;
	return lanes->first_free < HTTP_LANES_MAX ? lanes->first_free
						  : lanes->n_all % HTTP_LANES_MAX;
}

struct http_lane *http_lanes_add(struct http_lanes *lanes, CURL *easy)
{
	/* With a thousand busy clients one turn of the loop starts hundreds of calls. If all were
	 * driven at its end, each would have left the processor's caches at every step. */
	if (++lanes->n_new > SET_OUT_TOGETHER && !lanes->takes_turn)
		take_turn(lanes);

	size_t index = pick(lanes);
	struct http_lane *lane = lanes->lanes[index];

	if (!lane)
		lane = lane_open(lanes, index);
	if (!lane || curl_multi_add_handle(lane->multi, easy) != CURLM_OK)
		return NULL;
	lane->was_used = true;
	lanes->n_calls[index]++;
	lanes->n_all++;
	return lane;
}

int http_lanes_start(struct http_lanes *lanes, h2o_loop_t *loop, uint64_t idle_ms,
	void (*on_end)(CURL *easy, CURLcode code))
{
	lanes->on_end = on_end;
	delay_init(&lanes->idle, loop, idle_ms);
	delay_init(&lanes->at_once, loop, 0);
	return http_sockets_start(&lanes->sockets, loop, on_socket_ready, on_sockets_done, lanes);
}

void http_lanes_stop(struct http_lanes *lanes)
{
	for (size_t i = 0; i < HTTP_LANES_MAX; i++)
		if (lanes->lanes[i])
			lane_close(lanes->lanes[i]);
	timer_stop(&lanes->turn);
	delay_done(&lanes->at_once);
	delay_done(&lanes->idle);
	http_sockets_stop(&lanes->sockets);
}
