/* SPDX-License-Identifier: Apache-2.0 */
/* ingest_send.c - one body of spans, sent over and over by OTLP/HTTP, each time as other traces.
 *
 *   ingest_send PORT BODY_FILE CONNECTIONS SECONDS
 *
 * The file is protobuf whose trace ids begin with "bench-id" and end in 4 bytes that this program
 * counts up.  A connection sends its next body when the last one is answered.  One line of JSON on
 * standard output.
 */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "bench-id"
#define TRACE_ID_BYTES 16
#define BODY_MAX (1 << 20)
#define HEAD_MAX 256
#define CONNECTIONS_MAX 16
#define LAST_ANSWERS_NS INT64_C(5000000000)

/* One connection's request: no other may change it while it is being sent. */
struct request {
	char bytes[HEAD_MAX + BODY_MAX];
	size_t len;
};

static struct request requests[CONNECTIONS_MAX];
static uint32_t n_sent;
static uint64_t n_answered, n_failed;
static int64_t end_ns;

static void rename_traces(struct request *request)
{
	char *end = request->bytes + request->len;

	for (char *at = request->bytes; (at = memmem(at, (size_t)(end - at), MARK, strlen(MARK)));
		at += TRACE_ID_BYTES) {
		if (end - at < TRACE_ID_BYTES)
			break;
		memcpy(at + TRACE_ID_BYTES - sizeof(n_sent), &n_sent, sizeof(n_sent));
	}
}

static void send_next(struct client *client, struct client_conn *conn)
{
	struct request *request = &requests[conn - client->conns];

	n_sent++;
	rename_traces(request);
	client_send(client, conn, request->bytes, request->len);
}

static void on_answer(struct client *client, struct client_conn *conn, int status)
{
	if (status == 200)
		n_answered++;
	else
		n_failed++;
	if (status == 200 && client_now_ns() < end_ns)
		send_next(client, conn);
}

static int read_request(const char *file_name, struct request *request)
{
	static char body[BODY_MAX];
	FILE *file = fopen(file_name, "rb");

	if (!file)
		return -errno;
	size_t len = fread(body, 1, sizeof(body), file);
	fclose(file);
	int head_len = snprintf(request->bytes, HEAD_MAX,
		"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		"Content-Type: application/x-protobuf\r\nContent-Length: %zu\r\n\r\n",
		len);
	memcpy(request->bytes + head_len, body, len);
	request->len = (size_t)head_len + len;
	return 0;
}

static void run(struct client *client, double seconds)
{
	int64_t start_ns = client_now_ns();

	end_ns = start_ns + (int64_t)(seconds * 1e9);
	for (size_t i = 0; i < client->n; i++) {
		requests[i] = requests[0];
		send_next(client, &client->conns[i]);
	}
	while (n_answered + n_failed < n_sent && client_now_ns() < end_ns + LAST_ANSWERS_NS)
		client_run(client, end_ns + LAST_ANSWERS_NS);
	printf("{\"bodies\":%u,\"answered\":%llu,\"seconds\":%.6f}\n", n_sent,
		(unsigned long long)n_answered, (double)(client_now_ns() - start_ns) / 1e9);
}

int main(int argc, char **argv)
{
	struct client client;
	int n_conns = argc == 5 ? atoi(argv[3]) : 0;

	if (n_conns < 1 || n_conns > CONNECTIONS_MAX || atof(argv[4]) <= 0) {
		fprintf(stderr, "usage: ingest_send PORT BODY_FILE CONNECTIONS SECONDS\n");
		return 2;
	}
	int err = read_request(argv[2], &requests[0]);
	if (!err)
		err = client_open(&client, (unsigned)atoi(argv[1]), (size_t)n_conns, on_answer);
	if (err) {
		fprintf(stderr, "ingest_send: %s\n", strerror(-err));
		return EXIT_FAILURE;
	}
	run(&client, atof(argv[4]));
	return n_answered == n_sent ? EXIT_SUCCESS : EXIT_FAILURE;
}
