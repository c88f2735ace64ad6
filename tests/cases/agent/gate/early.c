/* SPDX-License-Identifier: Apache-2.0 */
/* A library that makes its request in its constructor, before any of the agent's has run. */
#include <curl/curl.h>
#include <stdlib.h>

int early_result(void);

static int result = -1;

__attribute__((constructor)) static void start(void)
{
	CURL *easy = curl_easy_init();

	if (easy && curl_easy_setopt(easy, CURLOPT_URL, getenv("URL")) == CURLE_OK)
		result = (int)curl_easy_perform(easy);
	curl_easy_cleanup(easy);
}

int early_result(void)
{
	return result;
}
