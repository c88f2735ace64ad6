/* SPDX-License-Identifier: Apache-2.0 */
/* dies.c - requests to a server of its own by libcurl, 500 a second, and an end without a word.
 *
 *   dies kill|memory MS
 *
 * Prints a line with its number after each request that has been answered. One request to /open never is.
 * After so many milliseconds it kills itself, or touches memory until it is killed for it.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 2000000L /* of 500 a second */
#define BITE_BYTES (1 << 20)
#define NS_PER_S 1000000000L

static int port;
static const char *how;
static long life_ms;

/* Answers everything at once, but for /open. */
static void *answer(void *connection)
{
	static const char empty[] = "HTTP/1.1 204 No Content\r\n\r\n";
	char request[4096];
	int fd = (int)(long)connection;
	ssize_t n;
	while ((n = read(fd, request, sizeof(request) - 1)) > 0) {
		request[n] = '\0';
		if (strncmp(request, "GET /open", 9) != 0 &&
			write(fd, empty, sizeof(empty) - 1) < 0)
			break;
	}
	return NULL;
}

static void *serve(void *listener)
{
	for (;;) {
		pthread_t thread;
		long fd = accept((int)(long)listener, NULL, NULL);
		if (fd >= 0)
			pthread_create(&thread, NULL, answer, (void *)fd);
	}
}

static int open_server(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	pthread_t thread;
	long fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind((int)fd, (struct sockaddr *)&address, len) || listen((int)fd, 8) ||
		getsockname((int)fd, (struct sockaddr *)&address, &len))
		return -1;
	port = ntohs(address.sin_port);
	return pthread_create(&thread, NULL, serve, (void *)fd);
}

static CURLcode get(CURL *curl, const char *path)
{
	char url[64];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s", port, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	return curl_easy_perform(curl);
}

static void *request_open(void *unused)
{
	get(curl_easy_init(), "open");
	return unused;
}

static void *die(void *unused)
{
	nanosleep(&(struct timespec){life_ms / 1000, life_ms % 1000 * 1000000}, NULL);
	if (strcmp(how, "kill") == 0)
		kill(getpid(), SIGKILL); /* not as process 1: the pod shares its processes */
	for (;;) {
		char *bite = malloc(BITE_BYTES);
		if (bite)
			memset(bite, 1, BITE_BYTES);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	struct timespec next;
	char path[16];
	if (argc != 3 || open_server() != 0)
		return 2;
	how = argv[1];
	life_ms = strtol(argv[2], NULL, 10);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	CURL *curl = curl_easy_init();
	pthread_create(&thread, NULL, request_open, NULL);
	pthread_create(&thread, NULL, die, NULL);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int i = 1;; i++) {
		snprintf(path, sizeof(path), "%d", i);
		if (get(curl, path) != CURLE_OK)
			return 1;
		printf("%d\n", i);
		next.tv_nsec += PERIOD_NS;
		if (next.tv_nsec >= NS_PER_S) {
			next.tv_nsec -= NS_PER_S;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}
