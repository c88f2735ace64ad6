/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - a client inside the cluster: so many GETs a second for so many seconds, each at its time
 * however long the others take, on a connection and with a lookup of its own, as curl does it.
 *
 *   load HOST PORT PATH PER_SECOND SECONDS
 *
 * A line for each on standard output: "ok STATUS MS TRACE_ID" or "bad STATUS MS REASON", with
 * status 0 where there was none; at the end "done N".  Linked statically: it is alone in its image.
 */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 10	/* for a connection to be made, and for each piece of an answer */
#define ANSWER_MAX 8192 /* bytes */
#define STACK_SIZE (256 * 1024)
#define REQUESTS_MAX 1000000

static const char *host, *port, *path;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* @return a connection, or -1 with the reason */
static int open_connection(const char **ret_reason)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *address;
	struct timeval timeout = {.tv_sec = TIMEOUT_S};
	int status = getaddrinfo(host, port, &hints, &address);

	if (status != 0) {
		*ret_reason = gai_strerror(status);
		return -1;
	}
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	}
	if (fd < 0 || connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
		*ret_reason = strerror(errno);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(address);
	return fd;
}

/* Asks and reads to the end. @return NULL with the answer as a string, or what went wrong */
static const char *talk(int fd, char answer[ANSWER_MAX])
{
	char request[512];
	int len = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n", path, host, port);
	size_t n = 0;
	ssize_t got;

	if (send(fd, request, (size_t)len, 0) != len)
		return strerror(errno);
	while ((got = recv(fd, answer + n, ANSWER_MAX - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	if (got < 0)
		return strerror(errno);
	return n == 0 ? "closed without an answer" : NULL;
}

/* Of "traceresponse: 00-TRACE-SPAN-FLAGS". @return whether there is one */
static int find_trace_id(const char *answer, char trace_id[33])
{
	const char *header = strcasestr(answer, "\r\ntraceresponse: 00-");

	return header &&
	       sscanf(header + strlen("\r\ntraceresponse: 00-"), "%32[0-9a-f]", trace_id) == 1;
}

static void *run_request(void *unused)
{
	const char *reason = NULL;
	char answer[ANSWER_MAX] = "", trace_id[33] = "";
	int status = 0;
	int64_t began_us = now_us();
	int fd = open_connection(&reason);

	(void)unused;
	if (fd >= 0) {
		reason = talk(fd, answer);
		close(fd);
	}
	if (!reason && sscanf(answer, "HTTP/1.1 %d", &status) != 1)
		reason = "not an HTTP answer";
	else if (!reason && status != 200)
		reason = strstr(answer, "\r\n\r\n") ? strstr(answer, "\r\n\r\n") + 4 : "no body";
	else if (!reason && !find_trace_id(answer, trace_id))
		reason = "no traceresponse";
	printf("%s %d %lld %s\n", reason ? "bad" : "ok", status,
		(long long)(now_us() - began_us) / 1000, reason ? reason : trace_id);
	return NULL;
}

static void sleep_until(int64_t at_us)
{
	struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {}
}

int main(int argc, char **argv)
{
	static pthread_t threads[REQUESTS_MAX];
	pthread_attr_t attr;
	int per_second = argc == 6 ? atoi(argv[4]) : 0, seconds = argc == 6 ? atoi(argv[5]) : 0;

	if (per_second < 1 || seconds < 1 || per_second > REQUESTS_MAX / seconds) {
		fprintf(stderr, "usage: load HOST PORT PATH PER_SECOND SECONDS\n");
		return 2;
	}
	host = argv[1];
	port = argv[2];
	path = argv[3];
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	int n = per_second * seconds, n_started = 0;
	int64_t began_us = now_us();
	for (; n_started < n; n_started++) {
		sleep_until(began_us + (int64_t)n_started * 1000000 / per_second);
		int err = pthread_create(&threads[n_started], &attr, run_request, NULL);
		if (err) {
			fprintf(stderr, "load: %s\n", strerror(err));
			break;
		}
	}
	for (int i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
	printf("done %d\n", n_started);
	return n_started == n ? 0 : 1;
}
