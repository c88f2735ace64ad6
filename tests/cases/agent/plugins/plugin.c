/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin with a libcurl of its own; run() returns what curl_easy_perform did. */
#include <curl/curl.h>

int run(const char *url);

int run(const char *url)
{
	CURL *easy = curl_easy_init();

	if (!easy || curl_easy_setopt(easy, CURLOPT_URL, url))
		return -1;
	int result = (int)curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	return result;
}

/* Calls at the very end must not be what is known of the next plugin here. */
__attribute__((destructor)) static void leave(void)
{
	curl_easy_cleanup(curl_easy_init());
}
