/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_span.h - the SERVER span of a request: what it says at its start and at its end. */
#ifndef LT_AGENT_H2O_SPAN_H
#define LT_AGENT_H2O_SPAN_H

#include <h2o.h>
#include <libtrace/trace.h>

/**
 * Starts the span of a request, a child of what its headers carry.
 *
 * @param from_arrival    start when the request's first byte was read, not now
 * @param ret_has_caller  set to whether its headers carry a context, if there is a span
 * @return new; NULL when OTEL_C_EXCLUDED_URLS names its path, or libtrace does not trace now
 */
struct lt_span *h2o_span_start(h2o_req_t *req, bool from_arrival, bool *ret_has_caller);

/** Records route, name and, if it has_response, status: to be called while h2o still has them. */
void h2o_span_describe(struct lt_span *span, h2o_req_t *req, bool has_response);

#endif
