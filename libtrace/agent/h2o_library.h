/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_library.h - libh2o's functions that the agent wraps or calls, by name.
 *
 * The agent knows the layout of one libh2o's structures, the one whose headers it was compiled
 * with, and is not linked with it: the functions are found in the libh2o that the program calls.
 */
#ifndef LT_AGENT_H2O_LIBRARY_H
#define LT_AGENT_H2O_LIBRARY_H

#include "hook.h"
#include <h2o.h>

/* X(name, type): the first is the one a library is recognised by. */
#define H2O_FUNCTIONS(X)                                                                           \
	X(h2o_process_request, void(h2o_req_t *))                                                  \
	X(h2o_dispose_request, void(h2o_req_t *))                                                  \
	X(h2o_start_response, void(h2o_req_t *, h2o_generator_t *))                                \
	X(h2o_mem_alloc_shared, void *(h2o_mem_pool_t *, size_t, void (*)(void *)))                \
	X(h2o_add_header_by_str, void(h2o_mem_pool_t *, h2o_headers_t *, const char *, size_t,     \
					 int, const char *, const char *, size_t))

enum h2o_function {
#define X(name, type) H2O_FUNCTION_##name,
	H2O_FUNCTIONS(X)
#undef X
		H2O_FUNCTION_COUNT
};

#define X(name, type) typedef __typeof__(type) name##_function;
H2O_FUNCTIONS(X)
#undef X

/* The library's own function of that name: H2O_REAL(library, h2o_process_request)(req) */
#define H2O_REAL(library, name)                                                                    \
	((name##_function *)(uintptr_t)(library)->symbols[H2O_FUNCTION_##name])

#endif
