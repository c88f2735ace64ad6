/* SPDX-License-Identifier: Apache-2.0 */
/* curl_random.c - a client that adds, drives, reads, removes and frees in any order.
 *
 *   curl_random SEED N
 *
 * N steps on some handles, whose transfers need no network and so end in the order in which they
 * were added.  Prints what each step returns: with the agent it must print the same.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define N_HANDLES 12

static CURL *easies[N_HANDLES];
static CURLM *multi;
static unsigned state;

static unsigned random_below(unsigned n)
{
	state = state * 1103515245u + 12345u;
	return (state >> 16) % n;
}

static size_t drop(char *data, size_t size, size_t n, void *user)
{
	return n;
}

static void make(size_t i)
{
	static const char *const urls[] = {"file:///dev/null", "file:///nowhere", "http://", "x:y"};

	easies[i] = curl_easy_init();
	curl_easy_setopt(easies[i], CURLOPT_URL, urls[random_below(4)]);
	curl_easy_setopt(easies[i], CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(easies[i], CURLOPT_PRIVATE, &easies[i]);
}

static void read_one(void)
{
	int n_left = -1;
	CURLMsg *message = curl_multi_info_read(multi, &n_left);
	char *at = NULL;

	if (message)
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &at);
	printf("read %d: %d, %d left\n", at ? (int)((CURL **)(void *)at - easies) : -1,
		message ? (int)message->data.result : -1, n_left);
}

static void step(void)
{
	size_t i = random_below(N_HANDLES);
	int n_running = -1;

	switch (random_below(16)) {
	case 0:
		curl_easy_cleanup(easies[i]);
		make(i);
		break;
	case 1:
		if (random_below(8))
			break;
		printf("multi %d\n", curl_multi_cleanup(multi));
		multi = curl_multi_init();
		/* libcurl 7.88 leaves timers in them, which spoil the next multi handle's: it may turn for ever. */
		for (i = 0; i < N_HANDLES; i++) {
			curl_easy_cleanup(easies[i]);
			make(i);
		}
		break;
	case 2:
	case 3:
	case 4:
		printf("remove %d\n", curl_multi_remove_handle(multi, easies[i]));
		break;
	case 5:
	case 6:
	case 7:
		read_one();
		break;
	case 8:
	case 9:
		curl_multi_perform(multi, &n_running);
		printf("perform %d\n", n_running);
		break;
	case 10:
		printf("easy %d\n", curl_easy_perform(easies[i]));
		break;
	default:
		printf("add %d\n", curl_multi_add_handle(multi, easies[i]));
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: curl_random SEED N\n");
		return 2;
	}
	state = (unsigned)atoi(argv[1]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();
	for (size_t i = 0; i < N_HANDLES; i++)
		make(i);
	for (int n = atoi(argv[2]); n > 0; n--)
		step();
	curl_multi_cleanup(multi);
	for (size_t i = 0; i < N_HANDLES; i++)
		curl_easy_cleanup(easies[i]);
	curl_global_cleanup();
	return 0;
}
