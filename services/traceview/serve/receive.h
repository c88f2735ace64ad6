/* SPDX-License-Identifier: Apache-2.0 */
/* receive.h - OTLP/HTTP: POST /v1/traces, in protobuf or JSON, plain or gzip'ed.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
#ifndef TRACEVIEW_RECEIVE_H
#define TRACEVIEW_RECEIVE_H

#include "h2o_compat.h"
#include "otlp/otlp.h"
#include "store/store.h"

/* Limit of a request's body, as sent and after inflating; larger ones get 413. */
#define RECEIVE_BODY_MAX_BYTES ((size_t)64 * 1024 * 1024)

struct receiver {
	struct store *store;	  /* borrowed */
	uint64_t n_refused;	  /* requests that were malformed or exceeded a limit */
	char why[OTLP_WHY_BYTES]; /* of the last one */
};

/** Answers any request to the receiver's port. */
void receive(struct receiver *receiver, h2o_req_t *req);

#endif
