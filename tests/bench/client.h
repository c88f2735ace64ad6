/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - an HTTP/1.1 client for the benchmarks: many connections to one port of this machine,
 * one request at a time on each, all on one thread. Unlike wrk it sends each request at a given
 * time.
 *
 * Answers must have a Content-Length; their bodies are discarded.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_HEAD_MAX 2048 /* bytes of an answer's headers */

struct client_conn {
	int fd; /* -1: broken or closed by the server, of no use any more */
	bool is_busy;
	bool waits_to_write;
	const char *out; /* what is left to be sent; borrowed */
	size_t out_len;
	char in[CLIENT_HEAD_MAX];
	size_t in_len;
	int status;	  /* 0: the answer's headers are not there yet */
	size_t body_left; /* bytes */
	int64_t began_ns; /* the program's: from when its request counts */
};

struct client {
	int epoll_fd;
	struct client_conn *conns;
	size_t n;
	/* A request has its answer, or status 0: the connection broke.  May send the next one. */
	void (*on_answer)(struct client *client, struct client_conn *conn, int status);
	/* client_tick()'s time has come; NULL: no such. */
	void (*on_tick)(struct client *client);
	int tick_fd; /* -1: none */
};

/** @return nanoseconds on the monotonic clock */
int64_t client_now_ns(void);

/**
 * Opens n connections to 127.0.0.1 and waits until all stand.  Raises the limit of descriptors as
 * far as it may.
 *
 * @return 0; or -Exxx, after which the process can only end
 */
int client_open(struct client *client, unsigned port, size_t n,
	void (*on_answer)(struct client *client, struct client_conn *conn, int status));

/** Calls on_tick every interval_ns from start_ns on; late ones are run together. @return 0 or -Exxx
 */
int client_tick(struct client *client, int64_t start_ns, int64_t interval_ns,
	void (*on_tick)(struct client *client));

/**
 * Sends a request on a connection that stands and is not busy.
 * @param request  whole, with headers and body; borrowed until it is answered
 */
void client_send(struct client *client, struct client_conn *conn, const char *request, size_t len);

/** Handles what there is; waits for it until_ns at most. */
void client_run(struct client *client, int64_t until_ns);

/** Sorts latencies, for client_percentile(). */
void client_sort(int64_t *latencies, size_t n);

/** @return the latency below which percent of them are; the greatest for 100, 0 when there are none
 */
int64_t client_percentile(const int64_t *sorted, size_t n, double percent);

#endif
