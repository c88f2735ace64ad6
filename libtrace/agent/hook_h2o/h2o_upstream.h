/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_upstream.h - the CLIENT span of a request that libh2o's proxy forwards.
 *
 * The proxy copies the request's headers, so the span's context replaces the caller's there during
 * the copy: the upstream's spans become children of the CLIENT span, which is a child of the
 * request's. */
#ifndef LT_AGENT_H2O_UPSTREAM_H
#define LT_AGENT_H2O_UPSTREAM_H

#include "hook/hook.h"
#include "hook_h2o/h2o_flavour.h"
#include "hook_h2o/h2o_requests.h"

/** Before h2o__proxy_process_request(): starts the span, ends that of an earlier attempt. */
void h2o_upstream_start(struct hook_library *library, h2o_req_t *req, struct h2o_request *request);

/* The following functions are for requests with sent_up. */

/**
 * A response starts: the upstream's, or the proxy's own in its place.  The request gets its headers
 * back.
 *
 * @param generator of the response; NULL: the upstream's, when it changes protocols
 */
void h2o_upstream_answer(
	h2o_req_t *req, struct h2o_request *request, const h2o_generator_t *generator);

/** The upstream's response or the request has ended; error as for h2o_span_describe(). */
void h2o_upstream_end(h2o_req_t *req, struct h2o_request *request, const char *error);

/** Whether this thread has such a span that has not ended: a fast check before a slow one. */
bool h2o_upstream_any(void);

#endif
