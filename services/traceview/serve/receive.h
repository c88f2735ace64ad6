/* SPDX-License-Identifier: Apache-2.0 */
/* receive.h - OTLP/HTTP: POST /v1/traces, in protobuf or JSON, plain or compressed; also /v1/metrics
 * and /v1/logs, which are answered and not kept.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
#ifndef TRACEVIEW_RECEIVE_H
#define TRACEVIEW_RECEIVE_H

#include "http_answer.h"
#include "serve/receiver.h"

/** Answers any request to the receiver's port. */
void receive(struct receiver *receiver, h2o_req_t *req);

/* libh2o's own errors at this port: google.rpc.Status in the request's encoding, as ours are. */
extern const struct http_own_errors receive_own_errors;

#endif
