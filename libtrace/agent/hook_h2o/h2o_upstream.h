/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_upstream.h - the CLIENT span of a request that libh2o's proxy passes on.
 *
 * The proxy copies the request's headers, so the span's context is put among them while it does,
 * in place of the caller's: what is upstream hangs below the CLIENT span, and that below the
 * request's own.
 */
#ifndef LT_AGENT_H2O_UPSTREAM_H
#define LT_AGENT_H2O_UPSTREAM_H

#include "hook/hook.h"
#include "hook_h2o/h2o_flavour.h"
#include "hook_h2o/h2o_requests.h"

/** Before h2o__proxy_process_request(): starts the span, ends that of an earlier try. */
void h2o_upstream_start(struct hook_library *library, h2o_req_t *req, struct h2o_request *request);

/* The rest is for requests with sent_up. */

/**
 * An answer begins: the upstream's, or another one since there is none.  The request gets its own
 * headers back.
 *
 * @param generator  whose answer it is; NULL: the upstream's, when it changes protocols
 */
void h2o_upstream_answer(
	h2o_req_t *req, struct h2o_request *request, const h2o_generator_t *generator);

/** The upstream's answer is over, or the request; error as h2o_span_describe()'s. */
void h2o_upstream_end(h2o_req_t *req, struct h2o_request *request, const char *error);

/** Whether a span of this thread has been started and not ended; a quick look before a slow one. */
bool h2o_upstream_any(void);

#endif
