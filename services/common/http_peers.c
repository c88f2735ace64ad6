/* SPDX-License-Identifier: Apache-2.0 */
#include "http_peers.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http_counts.h"
#include "http_head.h"
#include "memory_limit.h"

#define TICK_MS 1000	 /* between two looks at the connections */
#define FAST_TICK_MS 100 /* while connections wait, or clients may be gone */
#define IDLE_MIN_MS 1000 /* before an idle connection is closed for another one */
#define CLOSED_AT_ONCE_MAX 64
/* So many connections are a rush, which is over when one in so many is left. */
#define RUSH_MIN 256
#define RUSH_OVER_SHARE 8
/* Answers close their connection from this share of CONNECTIONS_MAX on: all but one in so many. */
#define CROWDED_SHARE 8
#define DRAIN_MAX_BYTES 262144 /* read of what a refused client still sends */
/* Address space for what one turn of the loop takes: 256 reads (libh2o's) and what they start. */
#define MEMORY_ROOM_MAX_BYTES ((uint64_t)16 * 1024 * 1024)
#define MEMORY_ROOM_SHARE 4 /* of what is left at the start: not more than one in so many */

#define CLOSING UINT64_MAX /* in place of an instant: the connection has been shut down */

struct http_peer {
	struct http_peers *peers;
	h2o_socket_t *sock;
	h2o_linklist_t place;	/* in idle or busy */
	h2o_linklist_t service; /* in served */
	h2o_socket_cb read;	/* h2o's; NULL: never seen */
	uint64_t since_ms;	/* idle, or taking this step of an answer; 0: no answer */
	uint64_t taken_bytes;	/* by the client, at that time */
	size_t n_seen;		/* bytes of an incomplete head */
	size_t head_len;	/* of the request at hand */
	bool has_body;
	bool has_begun; /* bytes of a request have come */
	/* What the client has sent behind the request at hand. */
	char *rest;
	size_t rest_at, rest_len;
	/* The client has closed its side. */
	h2o_linklist_t half;
	void (*on_gone)(void *user);
	void *user;
};

static struct http_peer *peer_of(h2o_req_t *req)
{
	h2o_socket_t *sock = compat_socket(req);
	return sock ? sock->on_close.data : NULL;
}

static void unlink_from(h2o_linklist_t *node)
{
	if (h2o_linklist_is_linked(node))
		h2o_linklist_unlink(node);
}

static void move_to(h2o_linklist_t *list, h2o_linklist_t *node)
{
	unlink_from(node);
	h2o_linklist_insert(list, node);
}

static void on_tick(struct timer *timer);

static void tick_soon(struct http_peers *peers, uint64_t ms)
{
	if (peers->is_ticking && peers->tick_delay.ms <= ms)
		return;
	if (peers->is_ticking)
		timer_stop(&peers->tick);
	delay_set(&peers->tick_delay, ms);
	timer_start(&peers->tick, &peers->tick_delay, on_tick);
	peers->is_ticking = true;
}

/* --- refusing a request ------------------------------------------------------------------- */

/* Reads what the client has sent already: a close with unread bytes would reset the connection, and
 * the answer might be lost. */
static void drain(int fd)
{
	char bytes[4096];
	size_t n_all = 0;
	ssize_t n;

	while (n_all < DRAIN_MAX_BYTES && (n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		n_all += (size_t)n;
}

/* Answers a request that libh2o has not seen, and has it close the connection. */
static void refuse(struct http_peer *peer, const struct http_head *head)
{
	static const char *const reasons[] = {
		"Bad Request", "Request Header Fields Too Large", "Not Implemented"};
	const char *reason = reasons[head->status == 400 ? 0 : head->status == 431 ? 1 : 2];
	h2o_socket_t *sock = peer->sock;
	int fd = h2o_socket_get_fd(sock);
	char body[256], answer[512];

	int body_len = snprintf(body, sizeof(body), "{\"error\":\"%s\",\"message\":\"%s\"}\n",
		head->code, head->message);
	int len = snprintf(answer, sizeof(answer),
		"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
		"Content-Length: %d\r\n\r\n%s",
		head->status, reason, body_len, body);
	ssize_t sent = send(fd, answer, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* a client that does not take it goes without */
	shutdown(fd, SHUT_WR);
	drain(fd);
	http_count(HTTP_REFUSED);
	free(peer->rest);
	peer->rest = NULL;
	peer->read(sock, h2o_socket_error_closed);
}

/* --- reading ------------------------------------------------------------------------------ */

/* Looks at the head at the start of some bytes. @return false: it is one to be refused */
static bool look(struct http_peer *peer, const char *bytes, size_t n, struct http_head *ret_head)
{
	struct http_head head = http_head_read(bytes, n, peer->n_seen);

	peer->has_begun = n > 0;
	peer->n_seen = n;
	peer->head_len = head.len;
	peer->has_body = head.has_body;
	*ret_head = head;
	return head.status == 0;
}

/* Instead of libh2o's callback, while it waits for a request. */
static void on_read(h2o_socket_t *sock, const char *err)
{
	struct http_peer *peer = sock->on_close.data;
	struct http_head head;

	if (!err && !look(peer, sock->input->bytes, sock->input->size, &head)) {
		refuse(peer, &head);
		return;
	}
	if (err || peer->head_len)
		sock->_cb.read = peer->read; /* the body is libh2o's */
	peer->read(sock, err);
}

static void read_first(struct http_peer *peer)
{
	h2o_socket_t *sock = peer->sock;

	if (sock->_cb.read && sock->_cb.read != on_read) {
		peer->read = sock->_cb.read;
		sock->_cb.read = on_read;
	}
	peer->n_seen = 0;
}

/* Bytes of the rest that are one request, or what there is of it; all of them if its end is not
 * known. */
static size_t next_len(const struct http_peer *peer, const struct http_head *head)
{
	size_t n = peer->rest_len - peer->rest_at;

	if (!head->len || head->body_len > n - head->len)
		return n;
	return head->len + head->body_len;
}

/* Whether a reset has come, or both sides are closed. */
static bool is_gone(const struct http_peer *peer)
{
	struct pollfd fd = {.fd = h2o_socket_get_fd(peer->sock)};
	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLHUP));
}

/* Passes the next request of a pipeline to libh2o, which would serve them also when nobody is left to
 * read the answers. */
static void feed(struct http_peer *peer)
{
	h2o_socket_t *sock = peer->sock;
	struct http_head head;

	if (is_gone(peer)) {
		peer->read(sock, h2o_socket_error_closed);
		return;
	}
	if (!look(peer, peer->rest + peer->rest_at, peer->rest_len - peer->rest_at, &head)) {
		refuse(peer, &head);
		return;
	}
	size_t n = next_len(peer, &head);
	h2o_iovec_t room = h2o_buffer_reserve(&sock->input, n);
	if (!room.base) {
		peer->read(sock, h2o_socket_error_out_of_memory);
		return;
	}
	memcpy(room.base, peer->rest + peer->rest_at, n);
	sock->input->size += n;
	peer->rest_at += n;
	if (peer->rest_at == peer->rest_len) {
		free(peer->rest);
		peer->rest = NULL;
	}
	http_count(HTTP_WAITED_TURN);
	if (peer->head_len)
		sock->_cb.read = peer->read;
	peer->read(sock, NULL);
}

bool http_peers_turn(struct http_peers *peers)
{
	h2o_linklist_t served;
	bool has_fed = false;

	http_lag_turn(&peers->lag);
	h2o_linklist_init_anchor(&served);
	if (!h2o_linklist_is_empty(&peers->served))
		h2o_linklist_insert_list(&served, &peers->served);
	while (!h2o_linklist_is_empty(&served)) {
		struct http_peer *peer =
			H2O_STRUCT_FROM_MEMBER(struct http_peer, service, served.next);
		h2o_linklist_unlink(&peer->service);
		read_first(peer);
		if (peer->rest) {
			feed(peer);
			has_fed = true;
		}
	}
	/* What was answered at once has its end noticed in the next turn only. */
	return has_fed;
}

/* Takes what is behind the request at hand out of libh2o's input. */
static void cut_rest(struct http_peer *peer, h2o_req_t *req)
{
	h2o_buffer_t *input = peer->sock->input;
	size_t end = compat_request_end(req, peer->sock, peer->has_body, peer->head_len);

	if (!peer->head_len || end >= input->size)
		return;
	/* Of a rest only one request at a time is fed, unless its end was not known. */
	size_t n = input->size - end, n_later = peer->rest ? peer->rest_len - peer->rest_at : 0;
	char *rest = malloc(n + n_later);
	if (!rest) {
		req->http1_is_persistent = 0; /* its client repeats them elsewhere */
		n = n_later = 0;
	} else {
		memcpy(rest, input->bytes + end, n);
	}
	if (n_later)
		memcpy(rest + n, peer->rest + peer->rest_at, n_later);
	free(peer->rest);
	peer->rest = rest;
	peer->rest_at = 0;
	peer->rest_len = n + n_later;
	input->size = end;
}

/* --- requests ----------------------------------------------------------------------------- */

/* Called before the request's memory is freed. */
static void on_request_end(void *memory)
{
	struct http_peer *peer = *(struct http_peer **)memory;
	struct http_peers *peers = peer->peers;

	peers->n_requests--;
	peer->since_ms = h2o_now(peers->loop);
	peer->has_begun = false;
	move_to(&peers->idle, &peer->place);
	move_to(&peers->served, &peer->service);
}

/* The first handler of every path. */
static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
	struct http_peer *peer = peer_of(req);

	if (!peer)
		return -1;
	cut_rest(peer, req);
	*(struct http_peer **)h2o_mem_alloc_shared(&req->pool, sizeof(peer), on_request_end) = peer;
	peer->peers->n_requests++;
	peer->since_ms = 0;
	move_to(&peer->peers->busy, &peer->place);
	return -1; /* goes on to the next handler */
}

void http_peers_count(h2o_pathconf_t *pathconf)
{
	h2o_create_handler(pathconf, sizeof(h2o_handler_t))->on_req = on_request;
}

/* Looks once in a turn of the loop, or what is as short. */
static bool has_memory(struct http_peers *peers)
{
	uint64_t now_ms = h2o_now(peers->loop);

	if (peers->memory_room_bytes != 0 && peers->memory_seen_at_ms != now_ms) {
		peers->memory_seen_at_ms = now_ms;
		peers->has_memory = memory_has_room(peers->memory_room_bytes);
	}
	return peers->has_memory;
}

bool http_peers_shed(h2o_req_t *req)
{
	struct http_peer *peer = peer_of(req);

	if (!peer)
		return false;
	struct http_peers *peers = peer->peers;
	if (peers->n_requests > peers->limits.requests_max) {
		http_count(HTTP_SHED_REQUESTS);
		return true;
	}
	if (!http_lag_admits(&peers->lag)) {
		http_count(HTTP_SHED_LAG);
		return true;
	}
	if (!has_memory(peers)) {
		http_count(HTTP_SHED_MEMORY);
		return true;
	}
	return false;
}

static bool is_crowded(const struct http_peers *peers)
{
	unsigned max = peers->limits.connections_max;
	return peers->n_connections >= max - max / CROWDED_SHARE;
}

bool http_peers_are_crowded(const h2o_req_t *req)
{
	struct http_peer *peer = peer_of((h2o_req_t *)req);
	return peer && is_crowded(peer->peers);
}

/* --- connections -------------------------------------------------------------------------- */

static void on_close(void *data)
{
	struct http_peer *peer = data;
	struct http_peers *peers = peer->peers;

	unlink_from(&peer->place);
	unlink_from(&peer->service);
	unlink_from(&peer->half);
	peers->n_connections--;
	free(peer->rest);
	free(peer);
	if (peers->is_full) {
		peers->is_full = false;
		peers->on_room(peers);
	}
}

void http_peers_accept(struct http_peers *peers, h2o_accept_ctx_t *accept, h2o_socket_t *sock)
{
	struct http_peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		h2o_socket_close(sock);
		return;
	}
	peer->peers = peers;
	peer->sock = sock;
	peer->since_ms = h2o_now(peers->loop);
	sock->on_close.cb = on_close;
	sock->on_close.data = peer;
	h2o_linklist_insert(&peers->idle, &peer->place);
	peers->n_connections++;
	if (peers->n_connections > peers->n_peak)
		peers->n_peak = peers->n_connections;
	compat_accept(accept, sock);
	read_first(peer);
	tick_soon(peers, TICK_MS);
}

/* The end of input makes libh2o close a connection, which is still in its list until then. */
static void close_idle(struct http_peers *peers)
{
	uint64_t now_ms = h2o_now(peers->loop);
	unsigned n = 0;

	for (h2o_linklist_t *node = peers->idle.next;
		node != &peers->idle && n < CLOSED_AT_ONCE_MAX; node = node->next) {
		struct http_peer *peer = H2O_STRUCT_FROM_MEMBER(struct http_peer, place, node);
		if (now_ms - peer->since_ms < IDLE_MIN_MS)
			return;
		if (peer->has_begun)
			continue;
		peer->has_begun = true; /* not again */
		shutdown(h2o_socket_get_fd(peer->sock), SHUT_RD);
		http_count(HTTP_CLOSED_IDLE);
		n++;
	}
}

bool http_peers_have_room(struct http_peers *peers)
{
	if (peers->n_connections < peers->limits.connections_max)
		return has_memory(peers);
	if (!peers->is_full) {
		http_count(HTTP_FULL);
		peers->is_full = true;
	}
	close_idle(peers);
	tick_soon(peers, FAST_TICK_MS);
	return false;
}

/* --- clients that do not take their answer ------------------------------------------------ */

static uint64_t taken_bytes(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

static void close_if_unread(struct http_peer *peer, uint64_t now_ms)
{
	int fd = h2o_socket_get_fd(peer->sock);

	if (!h2o_socket_is_writing(peer->sock)) {
		peer->since_ms = 0;
		return;
	}
	if (peer->since_ms == 0) {
		peer->since_ms = now_ms;
		peer->taken_bytes = taken_bytes(fd);
		return;
	}
	if (peer->since_ms == CLOSING ||
		now_ms - peer->since_ms < peer->peers->limits.answer_timeout_ms)
		return;
	uint64_t taken = taken_bytes(fd);
	if (taken - peer->taken_bytes >= HTTP_ANSWER_STEP_BYTES) {
		peer->since_ms = now_ms;
		peer->taken_bytes = taken;
		return;
	}
	/* What is buffered for it goes with it. */
	struct linger reset = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	shutdown(fd, SHUT_RDWR);
	http_count(HTTP_CLOSED_UNREAD);
	peer->since_ms = CLOSING;
}

/* --- clients that have closed their side -------------------------------------------------- */

static void tell_gone(struct http_peer *peer)
{
	h2o_linklist_unlink(&peer->half);
	peer->on_gone(peer->user);
}

bool http_peers_half_closed(h2o_req_t *req, void (*on_gone)(void *user), void *user)
{
	/* To a client that has closed both sides any byte brings a reset back. Every client of HTTP/1.1
	 * takes a 100: https://www.rfc-editor.org/rfc/rfc9110#section-15.2 */
	static const char probe[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_peer *peer = peer_of(req);

	if (!peer)
		return false;
	peer->on_gone = on_gone;
	peer->user = user;
	move_to(&peer->peers->half_closed, &peer->half);
	if (req->version >= 0x101) {
		ssize_t sent = send(h2o_socket_get_fd(peer->sock), probe, sizeof(probe) - 1,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)sent; /* an error is seen below */
	}
	if (is_gone(peer))
		tell_gone(peer);
	else
		tick_soon(peer->peers, FAST_TICK_MS);
	return true;
}

void http_peers_forget(h2o_req_t *req)
{
	struct http_peer *peer = peer_of(req);
	if (peer)
		unlink_from(&peer->half);
}

/* --- the tick ----------------------------------------------------------------------------- */

static void give_back_after_rush(struct http_peers *peers)
{
	if (peers->n_peak < RUSH_MIN || peers->n_connections > peers->n_peak / RUSH_OVER_SHARE)
		return;
	peers->n_peak = peers->n_connections;
	compat_free_caches();
	memory_give_back();
}

static void on_tick(struct timer *timer)
{
	struct http_peers *peers = H2O_STRUCT_FROM_MEMBER(struct http_peers, tick, timer);
	uint64_t now_ms = h2o_now(peers->loop);
	h2o_linklist_t *node, *next;

	peers->is_ticking = false;
	for (node = peers->busy.next; node != &peers->busy; node = node->next)
		close_if_unread(H2O_STRUCT_FROM_MEMBER(struct http_peer, place, node), now_ms);
	for (node = peers->half_closed.next; node != &peers->half_closed; node = next) {
		struct http_peer *peer = H2O_STRUCT_FROM_MEMBER(struct http_peer, half, node);
		next = node->next;
		if (is_gone(peer))
			tell_gone(peer);
	}
	if (peers->is_full)
		close_idle(peers);
	give_back_after_rush(peers);
	if (!http_counts_report(now_ms) && peers->n_connections == 0)
		return;
	bool is_fast = peers->is_full || !h2o_linklist_is_empty(&peers->half_closed);
	tick_soon(peers, is_fast ? FAST_TICK_MS : TICK_MS);
}

void http_peers_bound(const struct http_limits *limits, int listening_fd)
{
	int bytes = (int)limits->client_buffer_bytes;
	unsigned timeout_ms = 2 * limits->answer_timeout_ms + 2 * TICK_MS;

	/* Connections inherit them. The last ends those that h2o has closed while the kernel still holds
	 * an answer that nobody takes; it leaves open ones to close_if_unread(). */
	setsockopt(listening_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(listening_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(listening_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

int http_peers_init(struct http_peers *peers, h2o_loop_t *loop, const struct http_limits *limits,
	void (*on_room)(struct http_peers *peers))
{
	*peers = (struct http_peers){
		.loop = loop, .limits = *limits, .on_room = on_room, .has_memory = true};
	h2o_linklist_init_anchor(&peers->idle);
	h2o_linklist_init_anchor(&peers->busy);
	h2o_linklist_init_anchor(&peers->served);
	h2o_linklist_init_anchor(&peers->half_closed);
	delay_init(&peers->tick_delay, loop, TICK_MS);
	if (memory_may_run_out()) {
		uint64_t room = memory_left_bytes() / MEMORY_ROOM_SHARE;
		peers->memory_room_bytes =
			(size_t)(room < MEMORY_ROOM_MAX_BYTES ? room : MEMORY_ROOM_MAX_BYTES);
	}
	return http_lag_start(&peers->lag, loop, limits->lag_max_ms);
}

void http_peers_done(struct http_peers *peers)
{
	http_lag_stop(&peers->lag);
	timer_stop(&peers->tick);
	delay_done(&peers->tick_delay);
}
