/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_curl.h - the exporter's access to libcurl, invisible to the program and to the agent.
 *
 * libtrace is not linked with libcurl: a program that is never traced should not load it, and a
 * program with the GnuTLS flavour must not end up calling the OpenSSL one. */
#ifndef LT_EXPORTER_CURL_H
#define LT_EXPORTER_CURL_H

#include <curl/curl.h>

struct lt_curl_library {
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_multi_init) *multi_init;
	__typeof__(curl_multi_add_handle) *multi_add_handle;
	__typeof__(curl_multi_perform) *multi_perform;
	__typeof__(curl_multi_wait) *multi_wait;
	__typeof__(curl_multi_info_read) *multi_info_read;
	__typeof__(curl_multi_remove_handle) *multi_remove_handle;
	__typeof__(curl_multi_cleanup) *multi_cleanup;
	__typeof__(curl_multi_poll) *multi_poll;     /* NULL before 7.66 */
	__typeof__(curl_multi_wakeup) *multi_wakeup; /* NULL before 7.68 */
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/**
 * Loads libcurl at the first call.  A failure is reported and may be temporary (no descriptor left,
 * a chroot), so a later call tries again: after a second at the earliest, then half as often each
 * time, down to once a minute.
 * @return static; NULL: not available now
 * Threads: any.
 */
const struct lt_curl_library *lt_curl_library(void);

#endif
