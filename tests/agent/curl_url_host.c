/* SPDX-License-Identifier: Apache-2.0 */
/* curl_url_host.c - a client without tracing code that uses CURLU URLs and changes them between
 * transfers.
 *
 *   curl_url_host BASE_URL
 *
 * Prints the URL of each transfer; the spans must name the same ones, in order.
 */
#include <curl/curl.h>
#include <stdio.h>

static size_t drop(char *data, size_t size, size_t n, void *user)
{
	return n;
}

/* Not CURLINFO_EFFECTIVE_URL: libcurl 7.88 keeps the first one of a handle's there. */
static void transfer(CURL *easy, CURLU *url)
{
	char *text = NULL;

	curl_easy_perform(easy);
	curl_url_get(url, CURLUPART_URL, &text, 0);
	printf("%s\n", text);
	curl_free(text);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: curl_url_host BASE_URL\n");
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *easy = curl_easy_init();
	CURLU *url = curl_url();

	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(easy, CURLOPT_CURLU, url);
	curl_url_set(url, CURLUPART_URL, argv[1], 0);
	transfer(easy, url);
	transfer(easy, url);
	curl_url_set(url, CURLUPART_PATH, "/other", 0);
	curl_url_set(url, CURLUPART_QUERY, "a=1&b=%202", 0);
	transfer(easy, url);
	curl_url_set(url, CURLUPART_QUERY, NULL, 0);
	transfer(easy, url);

	/* Most likely where the other one was. */
	CURLU *parts = curl_url_dup(url);
	curl_url_cleanup(url);
	url = curl_url();
	curl_url_set(url, CURLUPART_URL, argv[1], 0);
	curl_url_set(url, CURLUPART_PATH, "/new", 0);
	curl_easy_setopt(easy, CURLOPT_CURLU, url);
	transfer(easy, url);
	curl_easy_setopt(easy, CURLOPT_CURLU, parts);
	transfer(easy, parts);

	curl_easy_setopt(easy, CURLOPT_CURLU, NULL);
	curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
	curl_easy_perform(easy);
	printf("%s\n", argv[1]);
	curl_easy_setopt(easy, CURLOPT_CURLU, parts);
	transfer(easy, parts);

	curl_easy_cleanup(easy);
	curl_url_cleanup(parts);
	curl_url_cleanup(url);
	curl_global_cleanup();
	return 0;
}
