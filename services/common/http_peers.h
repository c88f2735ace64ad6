/* SPDX-License-Identifier: Apache-2.0 */
/* http_peers.h - the clients' connections of one loop, and what each may take of it.
 *
 * libh2o 2.2.5 and 2.3 read from a connection as much as there is, serve a pipeline to its end before
 * another connection has its turn, and wait for ever until an answer is taken. Here
 *
 *   - a connection beyond the limit waits in the kernel's backlog, and idle ones are closed for it;
 *   - a request's head is checked (http_head.h) before libh2o parses it;
 *   - of a pipeline libh2o gets one request per turn of the loop, the rest waits here;
 *   - a request beyond the limit, or what the loop can take (http_lag.h), is to be answered 503 at once;
 *   - a client that does not take its answer is closed.
 *
 * It stands between the socket and libh2o: it replaces the socket's callback for reading while libh2o
 * waits for a request, and cuts from its input what is behind the request at hand.
 *
 * Threads: all of it belongs to the loop's thread.
 */
#ifndef SERVICES_HTTP_PEERS_H
#define SERVICES_HTTP_PEERS_H

#include "h2o_compat.h"
#include "http_lag.h"
#include "http_limits.h"
#include "listener.h"

struct http_peers {
	h2o_loop_t *loop;
	struct http_limits limits;
	struct http_lag lag;
	h2o_linklist_t idle;   /* the longest idle one first */
	h2o_linklist_t busy;   /* with a request */
	h2o_linklist_t served; /* their request has ended in this turn of the loop */
	h2o_linklist_t half_closed;
	unsigned n_connections, n_requests;
	unsigned n_peak;	  /* connections, since memory was last given back */
	bool is_full;		  /* CONNECTIONS_MAX are open: no new ones are accepted */
	size_t memory_room_bytes; /* wanted for one turn of the loop; 0: memory has no hard limit */
	uint64_t memory_seen_at_ms; /* the loop's time; */
	bool has_memory;	    /* at that time */
	/* CONNECTIONS_MAX are not open any more. */
	void (*on_room)(struct http_peers *peers);
	bool is_ticking;
	struct delay tick_delay;
	struct timer tick;
};

/** @param limits  of this loop; copied
 *  @param on_room  called when connections may be accepted again
 *  @return 0 or -Exxx; http_peers_done() is fine after either */
int http_peers_init(struct http_peers *peers, h2o_loop_t *loop, const struct http_limits *limits,
	void (*on_room)(struct http_peers *peers));

/** To be called when no connection is left. */
void http_peers_done(struct http_peers *peers);

/** Limits what the kernel buffers for the connections of a listening socket, and for how long. */
void http_peers_bound(const struct http_limits *limits, int listening_fd);

/** Passes a new connection to h2o. @param sock  taken */
void http_peers_accept(struct http_peers *peers, h2o_accept_ctx_t *accept, h2o_socket_t *sock);

/** Whether a listener of the loop may accept: memory and CONNECTIONS_MAX allow another one. */
bool http_peers_have_room(struct http_peers *peers);

/** Gives the connections whose request has ended in a turn of the loop their next one.
 * @return whether there were any: the loop must not sleep now */
bool http_peers_turn(struct http_peers *peers);

/** Has all requests under pathconf counted; before its handlers are added. */
void http_peers_count(h2o_pathconf_t *pathconf);

/** Whether a request, by its path's handler, is beyond the limit and to be answered 503: see
 * http_answer.h. It is counted then. */
bool http_peers_shed(h2o_req_t *req);

/** Whether an answer is to close its connection, as connections are nearly used up. */
bool http_peers_are_crowded(const h2o_req_t *req);

/** Waits for the client of a pending request to be gone, once it has closed its side: it may have
 * closed the other as well, or be waiting for the answer.
 * @param on_gone  not called after http_peers_forget()
 * @return false: unknown connection */
bool http_peers_half_closed(h2o_req_t *req, void (*on_gone)(void *user), void *user);
void http_peers_forget(h2o_req_t *req);

#endif
