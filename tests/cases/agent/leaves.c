/* SPDX-License-Identifier: Apache-2.0 */
/* leaves.c - makes one request, prints when it exits (seconds of the monotonic clock), and exits.
 *
 * 	leaves exit|pthread_exit URL
 *
 * By pthread_exit the main thread goes first, and the process with the thread that made the
 * request.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t ignore(char *bytes, size_t size, size_t n, void *user)
{
	return size * n;
}

static void *make_request(void *url)
{
	struct timespec now;
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	if (code != CURLE_OK)
		_Exit(EXIT_FAILURE);
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	fflush(stdout);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	if (argc != 3)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (strcmp(argv[1], "exit") == 0) {
		make_request(argv[2]);
		exit(EXIT_SUCCESS);
	}
	pthread_create(&thread, NULL, make_request, argv[2]);
	pthread_exit(NULL);
}
