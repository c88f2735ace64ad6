/* SPDX-License-Identifier: Apache-2.0 */
/* curl_url.h - the URL that a program keeps in a CURLU, in parts. */
#ifndef LT_AGENT_CURL_URL_H
#define LT_AGENT_CURL_URL_H

#include "hook_curl/curl_functions.h"
#include "http/url.h"

/* What has been read; zero: nothing. */
struct curl_url {
	const CURLU *handle;
	uint64_t n_changes; /* of all CURLUs until then */
};

/** The program has changed a CURLU, or frees it, so that its address may be reused: whatever has
 * been read is out of date. */
void curl_url_changed(void);

/**
 * Reads the URL of a CURLU, unless it has not changed since the last read.
 *
 * @param handle  borrowed
 * @param url     unchanged when the parts make no URL, without a host for instance
 */
void curl_url_read(
	struct curl_url *last, struct hook_library *library, const CURLU *handle, struct url *url);

#endif
