/* SPDX-License-Identifier: Apache-2.0 */
/* other_h2o.c - a library with libh2o's names and the number of none: its structures are unknown. */
#include <stdio.h>

struct st_h2o_req_t;

#define PASSED(name)                                                                               \
	__attribute__((visibility("default"))) void name(struct st_h2o_req_t *req);                \
	void name(struct st_h2o_req_t *req)                                                        \
	{                                                                                          \
		puts(#name);                                                                       \
	}

PASSED(h2o_process_request)
PASSED(h2o_start_response)
PASSED(h2o_send)
PASSED(h2o_dispose_request)
