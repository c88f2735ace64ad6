/* SPDX-License-Identifier: Apache-2.0 */
/* curl_host.c - a client without tracing code that uses libcurl in all ways that the agent must
 * support.
 *
 *   curl_host BASE_URL of an h2o_host, whose /echo returns what was sent
 *
 * Each transfer prints a line: what was tried, the result, the method, the program's own header
 * X-Own, whether a traceparent came along.  Apart from that last word a run with the agent must
 * print what a run without it prints; exit code 0.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_PARALLEL 8
#define N_THREADS 4
#define N_PER_THREAD 50

static const char *base;
static int n_failed;

struct answer {
	char text[8192];
	size_t len;
};

static void check(bool holds, const char *what)
{
	if (!holds) {
		printf("FAILED: %s\n", what);
		n_failed++;
	}
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct answer *answer = user;

	if (n > sizeof(answer->text) - 1 - answer->len)
		return 0;
	memcpy(answer->text + answer->len, data, n);
	answer->len += n;
	answer->text[answer->len] = '\0';
	return n;
}

static const char *url_of(const char *path)
{
	static _Thread_local char url[256];

	snprintf(url, sizeof(url), "%s%s", base, path);
	return url;
}

static CURL *new_handle(struct answer *answer, const char *path)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, url_of(path));
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
	return easy;
}

/* Prints the line of one transfer, and empties the answer. */
static void print_line(const char *what, int result, struct answer *answer)
{
	const char *own = strstr(answer->text, "x-own: ");
	const char *parent = strstr(answer->text, "traceparent: ");

	printf("%s: result %d, method %.*s, own %.*s, traceparent %s\n", what, result,
		(int)strcspn(answer->text, "\n"), answer->text,
		own ? (int)strcspn(own + 7, "\n") : 1, own ? own + 7 : "-",
		parent ? strstr(parent + 1, "traceparent: ") ? "twice" : "yes" : "no");
	*answer = (struct answer){.len = 0};
}

static void perform(const char *what, CURL *easy, struct answer *answer)
{
	print_line(what, curl_easy_perform(easy), answer);
}

static void try_methods(void)
{
	struct answer answer = {.len = 0};
	CURL *easy = new_handle(&answer, "/echo");

	perform("get", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_URL, url_of("/echo?again=1"));
	perform("get again", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "a=1");
	perform("postfields", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	perform("back to get", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "BREW");
	perform("custom", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	perform("head", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE, 0L);
	perform("put", easy, &answer);
	curl_easy_reset(easy);
	check(curl_easy_perform(easy) == CURLE_URL_MALFORMAT, "a reset handle has no URL");
	curl_easy_cleanup(easy);

	easy = new_handle(&answer, "/echo");
	curl_mime *mime = curl_mime_init(easy);
	curl_mime_data(curl_mime_addpart(mime), "data", CURL_ZERO_TERMINATED);
	curl_easy_setopt(easy, CURLOPT_MIMEPOST, mime);
	perform("mime", easy, &answer);
	CURL *copy = curl_easy_duphandle(easy);
	perform("mime, duplicated", copy, &answer);
	curl_easy_cleanup(copy);
	curl_easy_cleanup(easy);
	curl_mime_free(mime);
}

static void try_headers(void)
{
	struct answer answer = {.len = 0};
	CURL *easy = new_handle(&answer, "/echo");
	struct curl_slist *list = curl_slist_append(NULL, "X-Own: 1");

	list = curl_slist_append(list, "X-Other: 2");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
	perform("headers", easy, &answer);
	check(strcmp(list->data, "X-Own: 1") == 0 && strcmp(list->next->data, "X-Other: 2") == 0 &&
			!list->next->next,
		"the program's list is as it was");
	CURL *copy = curl_easy_duphandle(easy);
	perform("headers, duplicated", copy, &answer);
	curl_easy_cleanup(easy);
	perform("headers, the first handle gone", copy, &answer);
	curl_easy_setopt(copy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(list);
	perform("headers, freed", copy, &answer);
	list = curl_slist_append(
		NULL, "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
	curl_easy_setopt(copy, CURLOPT_HTTPHEADER, list);
	perform("own traceparent", copy, &answer);
	curl_easy_cleanup(copy);
	curl_slist_free_all(list);
}

struct swap { /* a program that changes its headers between a redirect and what follows */
	CURL *easy;
	struct curl_slist *list;
};

static size_t on_header(char *data, size_t size, size_t n, void *user)
{
	struct swap *swap = user;

	curl_easy_setopt(swap->easy, CURLOPT_HTTPHEADER, swap->list);
	return n;
}

static void try_redirects(void)
{
	struct answer answer = {.len = 0};
	CURL *easy = new_handle(&answer, "/redirect");

	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	perform("redirect", easy, &answer);
	struct curl_slist *before = curl_slist_append(NULL, "X-Own: before");
	struct swap swap = {easy, curl_slist_append(NULL, "X-Own: after")};
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, before);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &swap);
	perform("headers changed on the way", easy, &answer);
	curl_easy_cleanup(easy);
	curl_slist_free_all(before);
	curl_slist_free_all(swap.list);
}

static void try_urls(void)
{
	struct answer answer = {.len = 0};
	CURL *easy = new_handle(&answer, "/echo");
	CURLU *url = curl_url();

	curl_easy_setopt(easy, CURLOPT_URL, strstr(url_of("/echo"), "://") + 3);
	perform("no scheme", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_URL, NULL);
	curl_url_set(url, CURLUPART_URL, url_of("/redirect"), 0);
	curl_url_set(url, CURLUPART_PATH, "/echo", 0);
	curl_easy_setopt(easy, CURLOPT_CURLU, url);
	perform("url handle", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_CURLU, NULL);
	curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
	perform("refused", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_URL, "file:///dev/null");
	perform("file", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_URL, "http://[::1");
	perform("no url", easy, &answer);
	curl_easy_cleanup(easy);
	curl_url_cleanup(url);
}

static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	return 1;
}

static size_t on_body_nested(char *data, size_t size, size_t n, void *user)
{
	struct answer answer = {.len = 0};
	CURL *easy = new_handle(&answer, "/echo");

	perform("inside a callback", easy, &answer);
	curl_easy_cleanup(easy);
	return on_body(data, size, n, user);
}

static void try_callbacks(void)
{
	struct answer answer = {.len = 0};
	CURL *easy = new_handle(&answer, "/echo");

	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body_nested);
	perform("outside it", easy, &answer);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	perform("aborted", easy, &answer);
	curl_easy_cleanup(easy);
}

static void run_multi(CURLM *multi, int n)
{
	int n_running, n_left, n_done = 0;

	do {
		CURLMsg *message;
		curl_multi_perform(multi, &n_running);
		while ((message = curl_multi_info_read(multi, &n_left))) {
			check(message->data.result == CURLE_OK, "a transfer in a multi handle");
			n_done++;
		}
		if (n_running)
			curl_multi_poll(multi, NULL, 0, 100, NULL);
	} while (n_running);
	check(n_done == n, "as many completions as transfers");
}

static void try_multi(void)
{
	struct answer answers[N_PARALLEL] = {{.len = 0}};
	struct curl_slist *list = curl_slist_append(NULL, "X-Own: shared");
	CURL *easies[N_PARALLEL];
	CURLM *multi = curl_multi_init();

	for (int i = 0; i < N_PARALLEL; i++) {
		easies[i] = new_handle(&answers[i], "/echo");
		curl_easy_setopt(easies[i], CURLOPT_HTTPHEADER, list);
		curl_multi_add_handle(multi, easies[i]);
	}
	check(curl_multi_add_handle(multi, easies[0]) == CURLM_ADDED_ALREADY, "added once only");
	check(curl_easy_perform(easies[0]) == CURLE_FAILED_INIT, "not twice at a time");
	run_multi(multi, N_PARALLEL);
	for (int i = 0; i < N_PARALLEL; i++) {
		curl_multi_remove_handle(multi, easies[i]);
		print_line("in parallel", 0, &answers[i]);
	}

	/* The same handle again; then given up, cleaned up inside, left behind. */
	curl_multi_add_handle(multi, easies[0]);
	run_multi(multi, 1);
	curl_multi_remove_handle(multi, easies[0]);
	print_line("again", 0, &answers[0]);
	for (int i = 1; i < 4; i++)
		curl_multi_add_handle(multi, easies[i]);
	curl_multi_remove_handle(multi, easies[1]);
	curl_easy_cleanup(easies[2]);
	curl_multi_cleanup(multi);
	for (int i = 0; i < N_PARALLEL; i++) {
		if (i != 2)
			curl_easy_cleanup(easies[i]);
	}
	curl_slist_free_all(list);
}

static void *thread(void *unused)
{
	static _Thread_local struct answer answer;
	CURL *easy = NULL;

	for (int i = 0; i < N_PER_THREAD; i++) {
		if (!easy)
			easy = new_handle(&answer, "/echo");
		check(curl_easy_perform(easy) == CURLE_OK, "a transfer in a thread");
		answer.len = 0;
		if (i % 10 == 9) {
			curl_easy_cleanup(easy);
			easy = NULL;
		}
	}
	curl_easy_cleanup(easy);
	return NULL;
}

static void try_processes(void)
{
	struct answer answer = {.len = 0};
	pthread_t threads[N_THREADS];
	int status = -1;

	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, thread, NULL);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);

	fflush(stdout);
	for (int how = 0; how < 2; how++) {
		pid_t child = fork();
		if (child == 0) {
			CURL *easy = new_handle(&answer, "/echo");
			perform(how ? "in a child" : "in a child that ends at once", easy, &answer);
			curl_easy_cleanup(easy);
			fflush(stdout);
			if (how)
				exit(0);
			_exit(0);
		}
		waitpid(child, &status, 0);
		check(status == 0, "a child");
	}
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	CURL *easy = new_handle(&answer, "/echo");
	perform("after closing all descriptors", easy, &answer);
	curl_easy_cleanup(easy);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: curl_host BASE_URL\n");
		return 2;
	}
	base = argv[1];
	curl_global_init(CURL_GLOBAL_DEFAULT);
	try_methods();
	try_headers();
	try_redirects();
	try_urls();
	try_callbacks();
	try_multi();
	try_processes();
	curl_global_cleanup();
	return n_failed ? 1 : 0;
}
