/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_library.h - libh2o's functions that the agent wraps or calls, by name.
 *
 * The agent knows the structures of the libh2o whose headers it was compiled with, and is not
 * linked with it: the functions are found in the libh2o that the program calls. */
#ifndef LT_AGENT_H2O_LIBRARY_H
#define LT_AGENT_H2O_LIBRARY_H

#include "hook/hook.h"

/* X(name): the first identifies the library. */
#define H2O_FUNCTIONS(X)                                                                           \
	X(h2o_process_request)                                                                     \
	X(h2o_dispose_request)                                                                     \
	X(h2o_start_response)                                                                      \
	X(h2o_send)                                                                                \
	X(h2o_sendvec)                                                                             \
	X(h2o_socket_write)                                                                        \
	X(h2o_http1_upgrade)                                                                       \
	X(h2o_http2_stream_proceed)                                                                \
	X(h2o__proxy_process_request)                                                              \
	X(h2o_mem_alloc_shared)                                                                    \
	X(h2o_add_header_by_str)

enum h2o_function {
#define X(name) H2O_FUNCTION_##name,
	H2O_FUNCTIONS(X)
#undef X
		H2O_FUNCTION_COUNT
};

/* The library's own function of that name, of the type of its declaration:
 * H2O_REAL(library, h2o_process_request)(req) */
#define H2O_REAL(library, name)                                                                    \
	((__typeof__(name) *)(uintptr_t)(library)->symbols[H2O_FUNCTION_##name])

#endif
