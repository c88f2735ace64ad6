/* SPDX-License-Identifier: Apache-2.0 */
/* wrapped.h - the list of the functions that the agent wraps.
 *
 * The gate exports each by its name, and the core contains the wrapper that it jumps to
 * (hook_curl.c, hook_h2o.c).  Also read by the assembler. */
#ifndef LT_AGENT_WRAPPED_H
#define LT_AGENT_WRAPPED_H

/* clang-format off */
#define WRAPPED_FUNCTIONS(X)          \
	X(curl_easy_cleanup)          \
	X(curl_easy_duphandle)        \
	X(curl_easy_perform)          \
	X(curl_easy_reset)            \
	X(curl_easy_setopt)           \
	X(curl_multi_add_handle)      \
	X(curl_multi_cleanup)         \
	X(curl_multi_info_read)       \
	X(curl_multi_perform)         \
	X(curl_multi_remove_handle)   \
	X(curl_multi_socket_action)   \
	X(curl_url_cleanup)           \
	X(curl_url_set)               \
	X(h2o__proxy_process_request) \
	X(h2o_dispose_request)        \
	X(h2o_http1_upgrade)          \
	X(h2o_http2_stream_proceed)   \
	X(h2o_process_request)        \
	X(h2o_send)                   \
	X(h2o_sendvec)                \
	X(h2o_socket_write)           \
	X(h2o_start_response)
/* clang-format on */

#define BOUND_LIBRARIES_MAX 8 /* libraries that dlsym can hand out wrapped functions of */

#ifndef __ASSEMBLER__
enum wrapped {
#define X(name) WRAPPED_##name,
	WRAPPED_FUNCTIONS(X)
#undef X
		WRAPPED_COUNT
};
#endif

#endif
