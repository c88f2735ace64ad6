/* SPDX-License-Identifier: Apache-2.0 */
/* curl_wakeup.h - the descriptors that a libcurl multi handle has for itself.
 *
 * They are the two ends of a connection by which curl_multi_wakeup() wakes curl_multi_poll().  We
 * use neither function, but the descriptors exist, and before libcurl 8.9 executed programs inherit
 * them. */
#ifndef LT_CURL_WAKEUP_H
#define LT_CURL_WAKEUP_H

#include "export/exporter_curl.h"
#include "util/own_fd.h"

#define LT_CURL_WAKEUP_FDS 2

/**
 * Makes a multi handle whose descriptors are above 2 and closed on exec.
 * @param ret_fds  the descriptors, where they could be distinguished from the program's; else none
 * @return NULL on failure
 */
CURLM *lt_curl_wakeup_multi_new(
	const struct lt_curl_library *curl, struct lt_own_fd ret_fds[LT_CURL_WAKEUP_FDS]);

#endif
