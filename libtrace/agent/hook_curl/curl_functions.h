/* SPDX-License-Identifier: Apache-2.0 */
/* curl_functions.h - libcurl's functions that the agent wraps or calls, by name.
 *
 * The agent is not linked with libcurl: each one is found in the libcurl that the program calls.
 */
#ifndef LT_AGENT_CURL_FUNCTIONS_H
#define LT_AGENT_CURL_FUNCTIONS_H

#include "hook/hook.h"
#include <curl/curl.h> /* its macros are off: see meson.build */

/* X(name, type): the first identifies the library. */
#define CURL_FUNCTIONS(X)                                                                          \
	X(curl_easy_setopt, CURLcode(CURL *, CURLoption, ...))                                     \
	X(curl_easy_getinfo, CURLcode(CURL *, CURLINFO, ...))                                      \
	X(curl_easy_perform, CURLcode(CURL *))                                                     \
	X(curl_easy_cleanup, void(CURL *))                                                         \
	X(curl_easy_reset, void(CURL *))                                                           \
	X(curl_easy_duphandle, CURL *(CURL *))                                                     \
	X(curl_multi_add_handle, CURLMcode(CURLM *, CURL *))                                       \
	X(curl_multi_remove_handle, CURLMcode(CURLM *, CURL *))                                    \
	X(curl_multi_info_read, CURLMsg *(CURLM *, int *))                                         \
	X(curl_multi_perform, CURLMcode(CURLM *, int *))                                           \
	X(curl_multi_cleanup, CURLMcode(CURLM *))                                                  \
	X(curl_multi_socket_action, CURLMcode(CURLM *, curl_socket_t, int, int *))                 \
	X(curl_url_get, CURLUcode(const CURLU *, CURLUPart, char **, unsigned))                    \
	X(curl_url_set, CURLUcode(CURLU *, CURLUPart, const char *, unsigned))                     \
	X(curl_url_cleanup, void(CURLU *))                                                         \
	X(curl_free, void(void *))

enum curl_function {
#define X(name, type) CURL_FUNCTION_##name,
	CURL_FUNCTIONS(X)
#undef X
		CURL_FUNCTION_COUNT
};

#define X(name, type) typedef __typeof__(type) name##_function;
CURL_FUNCTIONS(X)
#undef X

/* The library's own function of that name: CURL_REAL(library, curl_easy_perform)(easy) */
#define CURL_REAL(library, name)                                                                   \
	((name##_function *)(uintptr_t)(library)->symbols[CURL_FUNCTION_##name])

extern struct hook_family curl_family;

/** "CURLE_COULDNT_CONNECT" for 7 and so on; static; "_OTHER" for a code of a newer libcurl. */
const char *curl_code_name(CURLcode code);

#endif
