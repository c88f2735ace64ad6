// SPDX-License-Identifier: Apache-2.0
/* A program that makes two requests, to be installed set-uid. */
#include <curl/curl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	for (int i = 1; i <= 2; i++) {
		char url[256];
		snprintf(url, sizeof(url), "%s/held/%d", argv[1], i);
		CURL *curl = curl_easy_init();
		curl_easy_setopt(curl, CURLOPT_URL, url);
		printf("%d\n", (int)curl_easy_perform(curl));
		curl_easy_cleanup(curl);
	}
	return 0;
}
