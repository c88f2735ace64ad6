/* SPDX-License-Identifier: Apache-2.0 */
/* curl_functions.h - libcurl's own functions, and the names of its results.
 *
 * The agent is not linked with libcurl: each one is found in the libcurl that the program calls. */
#ifndef LT_AGENT_CURL_FUNCTIONS_H
#define LT_AGENT_CURL_FUNCTIONS_H

#include "hook/hook.h"
#include <curl/curl.h> /* its macros are off: see meson.build */

/* CURL_REAL(library, curl_easy_perform)(easy) */
#define CURL_REAL(library, name) HOOK_REAL(curl, library, name)

/** "CURLE_COULDNT_CONNECT" for 7 and so on; static; "_OTHER" for a code of a newer libcurl. */
const char *curl_code_name(CURLcode code);

#endif
