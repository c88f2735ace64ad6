/* SPDX-License-Identifier: Apache-2.0 */
/* other_h2o.c - has libh2o's symbols and an unknown version, hence unknown structures. */
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
