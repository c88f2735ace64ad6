/* SPDX-License-Identifier: Apache-2.0 */
/* curl_ends.c - a client that drives its transfers by the count of running ones, and reads only
 * some or none of libcurl's messages about their ends.
 *
 *   curl_ends remove|cleanup|stack|read|give-up URL...
 *
 * One transfer after the other is added and driven to its end (give-up: to its beginning) while
 * those before it stay where they are.  Then all of them go in the way that is named; "read"
 * removes the second one first.  Prints what the program gets to see.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define TRANSFERS_MAX 8

static CURL *easies[TRANSFERS_MAX];
static CURLM *multi;
static int n;

static size_t drop(char *data, size_t size, size_t n_bytes, void *user)
{
	return n_bytes;
}

static void add(const char *url)
{
	CURL *easy = easies[n++] = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, url);
	printf("add %d\n", curl_multi_add_handle(multi, easy));
}

static void drive(void)
{
	int n_running = 1;

	while (curl_multi_perform(multi, &n_running) == CURLM_OK && n_running)
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
}

/* Until the request has been sent: the server never answers it. */
static void begin(CURL *easy)
{
	curl_off_t sent_us = 0;
	int n_running;

	while (!sent_us && curl_multi_perform(multi, &n_running) == CURLM_OK && n_running) {
		curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
		curl_multi_poll(multi, NULL, 0, 10, NULL);
	}
}

static void read_all(void)
{
	CURLMsg *message;
	int n_left = -1;

	while ((message = curl_multi_info_read(multi, &n_left))) {
		char *url;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &url);
		printf("read %s: %d, %d left\n", url, message->data.result, n_left);
	}
	printf("no more: %d left\n", n_left);
}

static void remove_handle(CURL *easy)
{
	printf("remove %d\n", curl_multi_remove_handle(multi, easy));
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 2 + TRANSFERS_MAX) {
		fprintf(stderr, "usage: curl_ends HOW URL...\n");
		return 2;
	}
	const char *how = argv[1];
	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();
	for (int i = 2; i < argc; i++) {
		add(argv[i]);
		if (strcmp(how, "give-up") == 0)
			begin(easies[n - 1]);
		else
			drive();
	}

	if (strcmp(how, "read") == 0) {
		remove_handle(easies[1]);
		read_all();
	}
	if (strcmp(how, "stack") == 0)
		printf("stack %d\n", curl_multi_cleanup(multi));
	for (int i = 0; i < n; i++) {
		if (strcmp(how, "cleanup") && strcmp(how, "stack"))
			remove_handle(easies[i]);
		curl_easy_cleanup(easies[i]);
	}
	if (strcmp(how, "stack"))
		curl_multi_cleanup(multi);
	curl_global_cleanup();
	return 0;
}
