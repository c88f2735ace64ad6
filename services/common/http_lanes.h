/* SPDX-License-Identifier: Apache-2.0 */
/* http_lanes.h - http_client's calls on several curl multi handles of one h2o loop.
 *
 * For each call curl searches its open connections to the host for a free one, linearly: with a
 * thousand of them that dominates the cost of a call. So calls are spread over lanes, multi handles
 * with a few connections each, the first ones filled first.
 *
 * curl names the descriptors that it waits for, and its timeouts. curl and h2o must not close each
 * other's sockets, so curl's descriptors are in an epoll of their own, whose descriptor is one
 * socket of the h2o loop.
 */
#ifndef SERVICES_HTTP_LANES_H
#define SERVICES_HTTP_LANES_H

#include <curl/curl.h>

#include "http_sockets.h"

#define HTTP_LANE_CALLS 32 /* at once per lane, each with a connection */
#define HTTP_LANES_MAX 313 /* 10,000 calls at once; more queue on their lanes */

struct http_lane;

struct http_lanes {
	struct http_sockets sockets;
	struct delay idle; /* until a lane without calls is closed */
	unsigned n_new;	   /* calls since the last turn of the loop */
	bool takes_turn;   /* guards against recursion: callbacks may start calls */
	struct delay at_once;
	struct timer turn;     /* runs while this list is not empty: */
	struct http_lane *due; /* lanes whose curl timeout is 0 */
	void (*on_end)(CURL *easy, CURLcode code);
	void (*on_rush_over)(struct http_lanes *lanes);
	size_t n_open, n_open_peak; /* lanes; since on_rush_over */
	struct http_lane *lanes[HTTP_LANES_MAX];
	unsigned n_calls[HTTP_LANES_MAX]; /* per lane */
	size_t n_all;			  /* in total */
	size_t first_free;		  /* all lanes before it are full */
	struct http_lane *touched;	  /* lanes driven in this turn of the loop */
};

/**
 * @param idle_ms  after one to two such periods without a call a lane closes its connections
 * @param on_end   called, outside of curl, for a handle whose transfer has ended: it must remove
 *                 the handle and may add and remove others. http_lanes_add() may call it, but not
 *                 for the handle that it adds
 * @return 0 or -Exxx; http_lanes_stop() is fine after either, and for all zero
 */
int http_lanes_start(struct http_lanes *lanes, h2o_loop_t *loop, uint64_t idle_ms,
	void (*on_end)(CURL *easy, CURLcode code));

/** Frees all lanes, which must have no handles. */
void http_lanes_stop(struct http_lanes *lanes);

/** Starts a handle's transfer; returns its lane, or NULL when out of memory. */
struct http_lane *http_lanes_add(struct http_lanes *lanes, CURL *easy);

/** Removes a handle from its lane; an unfinished transfer's connection is closed. */
void http_lane_remove(struct http_lane *lane, CURL *easy);

#endif
