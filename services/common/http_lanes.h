/* SPDX-License-Identifier: Apache-2.0 */
/* http_lanes.h - http_client's calls on several curl multi handles of one h2o loop.
 *
 * For each call curl looks through its open connections to the host, one after the other, until it
 * finds one that is free: with a thousand of them that takes longer than all the rest.  So calls
 * are spread over lanes, multi handles with a few connections each, the first ones filled first.
 *
 * curl says which descriptors it waits for and how long; it must not be told about h2o's sockets,
 * nor h2o close curl's.  So curl's descriptors are in an epoll of their own, and that epoll's
 * descriptor is one socket of the h2o loop.
 */
#ifndef SERVICES_HTTP_LANES_H
#define SERVICES_HTTP_LANES_H

#include <curl/curl.h>

#include "http_sockets.h"

#define HTTP_LANE_CALLS 32 /* at once on a lane, each with its connection */
#define HTTP_LANES_MAX 313 /* 10,000 calls at once; more wait in line on the lanes they are in */

struct http_lane;

struct http_lanes {
	struct http_sockets sockets;
	struct delay idle; /* after which a lane without calls is closed */
	unsigned n_new;	   /* calls since the last turn */
	bool takes_turn;   /* what it calls may start calls */
	struct delay at_once;
	struct timer turn;     /* runs while there is a lane in: */
	struct http_lane *due; /* those for which curl asked for no delay */
	void (*on_end)(CURL *easy, CURLcode code);
	struct http_lane *lanes[HTTP_LANES_MAX];
	unsigned n_calls[HTTP_LANES_MAX]; /* of each */
	size_t n_all;			  /* calls of all */
	size_t first_free;		  /* all lanes before it are full */
	struct http_lane *touched; /* those that curl has worked on in this turn of the loop */
};

/**
 * @param idle_ms  a lane that had no call for so long, or twice as long, closes its connections
 * @param on_end   called for a handle whose transfer has ended, when curl has returned: it must
 *                 take the handle off, and may start and take off others.  http_lanes_add() may
 *                 call it, but not for the handle that it adds
 * @return 0 or -Exxx; http_lanes_stop() is fine after either, and for all zero
 */
int http_lanes_start(struct http_lanes *lanes, h2o_loop_t *loop, uint64_t idle_ms,
	void (*on_end)(CURL *easy, CURLcode code));

/** No handle may be on a lane. */
void http_lanes_stop(struct http_lanes *lanes);

/** Starts a handle's transfer; returns the lane it is on, NULL without memory. */
struct http_lane *http_lanes_add(struct http_lanes *lanes, CURL *easy);

/** Takes a handle off its lane; if its transfer has not ended, its connection is closed. */
void http_lane_remove(struct http_lane *lane, CURL *easy);

#endif
