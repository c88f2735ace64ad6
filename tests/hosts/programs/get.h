/* SPDX-License-Identifier: Apache-2.0 */
/* get.h - a request whose answer is read and ignored. */
#ifndef GET_H
#define GET_H

#include <curl/curl.h>
#include <stdio.h>

static size_t ignore(char *data, size_t size, size_t n, void *user)
{
	(void)data;
	(void)user;
	return size * n;
}

/* Returns libcurl's code.  certificate: of https; NULL: the system's. */
static int get(const char *base, const char *path, const char *certificate)
{
	char url[256];
	snprintf(url, sizeof(url), "%s/%s", base, path);
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	if (certificate)
		curl_easy_setopt(curl, CURLOPT_CAINFO, certificate);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return (int)code;
}

#endif
