/* SPDX-License-Identifier: Apache-2.0 */
/* A libcurl that makes no requests: each answers with its own NUMBER. */
#include <curl/curl.h>
#include <stdlib.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

CURL *curl_easy_init(void)
{
	return malloc(16);
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	return CURLE_OK;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	return CURLE_UNKNOWN_OPTION;
}

CURLcode curl_easy_perform(CURL *easy)
{
	return (CURLcode)NUMBER;
}

void curl_easy_cleanup(CURL *easy)
{
	free(easy);
}
