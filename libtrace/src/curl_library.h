/* SPDX-License-Identifier: Apache-2.0 */
/* curl_library.h - the exporter's own way into libcurl, unseen by the program and by the agent.
 *
 * Nothing links libcurl: a program that is never traced should not load it, and one that has the
 * GnuTLS flavour must not end up calling the OpenSSL one.
 */
#ifndef LT_CURL_LIBRARY_H
#define LT_CURL_LIBRARY_H

#include <curl/curl.h>

struct lt_curl_library {
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/** Loads libcurl at the first call; static; NULL when there is none, which is reported once. */
const struct lt_curl_library *lt_curl_library(void);

#endif
