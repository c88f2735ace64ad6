/* SPDX-License-Identifier: Apache-2.0 */
/* in_flight.c - many orders at once: N connections are opened, then an order goes out on each.
 *
 *   in_flight PORT N
 *
 * A latency counts from when its order was sent.  One line of JSON on standard output.
 */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS_MAX 1000000
#define PATIENCE_NS INT64_C(30000000000)

static size_t n_answered, n_failed;
static int64_t *latencies_ns;

static void on_answer(struct client *client, struct client_conn *conn, int status)
{
	if (status == 200)
		latencies_ns[n_answered++] = client_now_ns() - conn->began_ns;
	else
		n_failed++;
}

static void send_all(struct client *client)
{
	static const char order[] = "POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\n"
				    "Content-Type: application/json\r\nContent-Length: 25\r\n\r\n"
				    "{\"item\":\"widget\",\"qty\":1}";

	for (size_t i = 0; i < client->n; i++) {
		struct client_conn *conn = &client->conns[i];
		conn->began_ns = client_now_ns();
		client_send(client, conn, order, sizeof(order) - 1);
	}
}

static double ms(double percent)
{
	return (double)client_percentile(latencies_ns, n_answered, percent) / 1e6;
}

int main(int argc, char **argv)
{
	struct client client;
	int n = argc == 3 ? atoi(argv[2]) : 0;

	if (n < 1 || n > ORDERS_MAX) {
		fprintf(stderr, "usage: in_flight PORT N\n");
		return 2;
	}
	latencies_ns = calloc((size_t)n, sizeof(*latencies_ns));
	int64_t began_ns = client_now_ns();
	int err = latencies_ns ? client_open(&client, (unsigned)atoi(argv[1]), (size_t)n, on_answer)
			       : -ENOMEM;
	if (err) {
		fprintf(stderr, "in_flight: %s\n", strerror(-err));
		return EXIT_FAILURE;
	}
	int64_t open_ns = client_now_ns();
	send_all(&client);
	int64_t sent_ns = client_now_ns();
	while (n_answered + n_failed < (size_t)n && client_now_ns() < sent_ns + PATIENCE_NS)
		client_run(&client, sent_ns + PATIENCE_NS);
	client_sort(latencies_ns, n_answered);
	printf("{\"orders\":%d,\"answered\":%zu,\"connecting_ms\":%.1f,\"sending_ms\":%.1f,"
	       "\"min_ms\":%.1f,\"p50_ms\":%.1f,\"max_ms\":%.1f}\n",
		n, n_answered, (double)(open_ns - began_ns) / 1e6,
		(double)(sent_ns - open_ns) / 1e6, ms(0), ms(50), ms(100));
	return n_answered == (size_t)n ? EXIT_SUCCESS : EXIT_FAILURE;
}
