/* SPDX-License-Identifier: Apache-2.0 */
/* rate.c - requests at a steady rate, each at its time however long the others take; a latency
 * counts from that time, so waiting for a free connection is part of it.
 *
 *   rate PORT PATH CONNECTIONS PER_SECOND SECONDS [WARM_UP_SECONDS]
 *
 * PER_SECOND 0: a request on each connection as soon as the last one is answered; a latency counts from then.
 *
 * One line of JSON on standard output: latencies are those of answers 200; busy ones are 503; sent_p99_ms
 * counts from when a request was sent, however late we were. Latencies of what is sent in the warm-up, which is
 * part of the seconds, are left out.
 */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 100000000
#define CLOSED_REQUESTS_MAX 5000000	     /* without a rate */
#define LATE_MAX_NS INT64_C(5000000000)	     /* after the end nothing later is sent */
#define LAST_ANSWERS_NS INT64_C(10000000000) /* for what is under way at the end */

static char request[512];
static int request_len;
static int64_t start_ns, interval_ns; /* 0: no rate */
static int64_t warm_ns;		      /* end of the warm-up */
static int64_t end_ns;		      /* of the sending without a rate */
static bool is_over;		      /* no more are sent */
static size_t n_requests, n_sent, n_answered, n_busy, n_failed, n_timed;
static int64_t *sent_ns;			  /* by connection */
static size_t next_conn;			  /* they take turns */
static int64_t *latencies_ns, *sent_latencies_ns; /* from when it was due, and was sent */

static int64_t time_of(size_t i)
{
	return interval_ns > 0 ? start_ns + (int64_t)i * interval_ns : client_now_ns();
}

static struct client_conn *free_conn(struct client *client)
{
	for (size_t i = 0; i < client->n; i++) {
		struct client_conn *conn = &client->conns[next_conn];
		next_conn = (next_conn + 1) % client->n;
		if (conn->fd >= 0 && !conn->is_busy)
			return conn;
	}
	return NULL;
}

static void send_due(struct client *client)
{
	int64_t now_ns = client_now_ns();

	if (interval_ns == 0 && now_ns >= end_ns)
		n_requests = n_sent;
	is_over = now_ns >= end_ns + LATE_MAX_NS;
	if (is_over)
		return;
	while (n_sent < n_requests && (interval_ns == 0 || time_of(n_sent) <= now_ns)) {
		struct client_conn *conn = free_conn(client);
		if (!conn)
			return;
		conn->began_ns = time_of(n_sent++);
		sent_ns[conn - client->conns] = now_ns;
		client_send(client, conn, request, (size_t)request_len);
	}
}

static void time_answer(int64_t due_at_ns, int64_t sent_at_ns)
{
	int64_t now_ns = client_now_ns();

	if (sent_at_ns < warm_ns)
		return;
	sent_latencies_ns[n_timed] = now_ns - sent_at_ns;
	latencies_ns[n_timed++] = now_ns - due_at_ns;
}

static void on_answer(struct client *client, struct client_conn *conn, int status)
{
	if (status == 200) {
		time_answer(conn->began_ns, sent_ns[conn - client->conns]);
		n_answered++;
	} else if (status == 503) {
		n_busy++;
	} else {
		n_failed++;
	}
	send_due(client);
}

static void run(struct client *client)
{
	int64_t until_ns = end_ns + LAST_ANSWERS_NS;

	while (n_answered + n_busy + n_failed < (is_over ? n_sent : n_requests) &&
		client_now_ns() < until_ns)
		client_run(client, until_ns);
	client_sort(latencies_ns, n_timed);
	client_sort(sent_latencies_ns, n_timed);
	printf("{\"requests\":%zu,\"sent\":%zu,\"answered\":%zu,\"busy\":%zu,\"failed\":%zu,"
	       "\"seconds\":%.3f,"
	       "\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f,\"sent_p99_ms\":%.4f}\n",
		n_requests, n_sent, n_answered, n_busy, n_failed,
		(double)(client_now_ns() - start_ns) / 1e9,
		(double)client_percentile(latencies_ns, n_timed, 50) / 1e6,
		(double)client_percentile(latencies_ns, n_timed, 99) / 1e6,
		(double)client_percentile(latencies_ns, n_timed, 100) / 1e6,
		(double)client_percentile(sent_latencies_ns, n_timed, 99) / 1e6);
}

int main(int argc, char **argv)
{
	struct client client;
	bool has_all = argc == 6 || argc == 7;
	unsigned port = has_all ? (unsigned)atoi(argv[1]) : 0;
	int n_conns = has_all ? atoi(argv[3]) : 0;
	double per_second = has_all ? atof(argv[4]) : 0, seconds = has_all ? atof(argv[5]) : 0;
	double warm_up = argc == 7 ? atof(argv[6]) : 0;

	if (n_conns < 1 || per_second < 0 || seconds <= 0 || per_second * seconds > REQUESTS_MAX) {
		fprintf(stderr,
			"usage: rate PORT PATH CONNECTIONS PER_SECOND SECONDS [WARM_UP_SECONDS]\n");
		return 2;
	}
	request_len = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", argv[2], port);
	n_requests = per_second > 0 ? (size_t)(per_second * seconds) : CLOSED_REQUESTS_MAX;
	interval_ns = per_second > 0 ? (int64_t)(1e9 / per_second) : 0;
	latencies_ns = calloc(n_requests + 1, sizeof(*latencies_ns));
	sent_latencies_ns = calloc(n_requests + 1, sizeof(*sent_latencies_ns));
	sent_ns = calloc((size_t)n_conns, sizeof(*sent_ns));
	if (!latencies_ns || !sent_latencies_ns || !sent_ns || request_len >= (int)sizeof(request))
		return EXIT_FAILURE;
	int err = client_open(&client, port, (size_t)n_conns, on_answer);
	start_ns = client_now_ns() + interval_ns;
	warm_ns = start_ns + (int64_t)(warm_up * 1e9);
	end_ns = start_ns + (int64_t)(seconds * 1e9);
	if (!err && interval_ns == 0)
		send_due(&client);
	else if (!err)
		err = client_tick(&client, start_ns, interval_ns, send_due);
	if (err) {
		fprintf(stderr, "rate: %s\n", strerror(-err));
		return EXIT_FAILURE;
	}
	run(&client);
	return n_answered == n_requests ? EXIT_SUCCESS : EXIT_FAILURE;
}
