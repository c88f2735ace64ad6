/* SPDX-License-Identifier: Apache-2.0 */
#include "ready_probe.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TIMEOUT_MS 2000L

static size_t ignore(char *data, size_t size, size_t n, void *user)
{
	return size * n;
}

static CURLcode get(const char *url, long *ret_status)
{
	CURL *curl = curl_easy_init();
	if (!curl)
		return CURLE_OUT_OF_MEMORY;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
	curl_easy_cleanup(curl);
	return code;
}

int ready_probe(const char *program_name, const char *host, unsigned port)
{
	char url[512];
	bool is_ipv6 = strchr(host, ':') != NULL;
	long status = 0;

	snprintf(url, sizeof(url), "http://%s%.400s%s:%u/readyz", is_ipv6 ? "[" : "", host,
		is_ipv6 ? "]" : "", port);
	CURLcode code = get(url, &status);
	if (code == CURLE_OK && status == 200)
		return EXIT_SUCCESS;
	if (code != CURLE_OK)
		fprintf(stderr, "%s: %s: %s\n", program_name, url, curl_easy_strerror(code));
	else
		fprintf(stderr, "%s: %s: HTTP status %ld\n", program_name, url, status);
	return EXIT_FAILURE;
}
