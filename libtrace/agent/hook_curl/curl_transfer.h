/* SPDX-License-Identifier: Apache-2.0 */
/* curl_transfer.h - the CLIENT span of a transfer, from its start to its end. */
#ifndef LT_AGENT_CURL_TRANSFER_H
#define LT_AGENT_CURL_TRANSFER_H

#include "hook_curl/curl_handle.h"

/**
 * Starts the span of a transfer that is about to start, and adds the span's context to its request.
 * No span for protocols other than HTTP, and where there is no request (CURLOPT_CONNECT_ONLY); adds
 * no header to what libcurl signs (CURLOPT_AWS_SIGV4): it signs the headers too, and a proxy that
 * sets its own traceparent would make the signature wrong.
 *
 * One span covers the whole transfer, including redirects that libcurl follows.
 */
void curl_transfer_start(struct hook_library *library, struct curl_handle *handle);

/** Ends the span of a transfer that libcurl has finished with this result, just now or earlier. */
void curl_transfer_finish(
	struct hook_library *library, struct curl_handle *handle, CURLcode result);

/** Ends the span of a transfer that the program has cancelled: its status stays unset. */
void curl_transfer_abandon(struct hook_library *library, struct curl_handle *handle);

#endif
