/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_span.h - the SERVER span of a request: its attributes at the start and at the end. */
#ifndef LT_AGENT_H2O_SPAN_H
#define LT_AGENT_H2O_SPAN_H

#include "hook_h2o/h2o_flavour.h"

/** As h2o_reader.h's start(). */
struct lt_span *h2o_span_start(h2o_req_t *req, bool from_arrival, bool *ret_has_caller);

/**
 * Records route, name, status and error.  Call it while h2o still has them.
 *
 * @param status  the response's status; 0: none
 * @param error   why the response is incomplete (static); NULL: it is complete
 */
void h2o_span_describe(struct lt_span *span, const h2o_req_t *req, int status, const char *error);

#endif
