/* SPDX-License-Identifier: Apache-2.0 */
/* cors.h - CORS, so that pages that this machine serves can send spans: SDKs for browsers.
 *
 * Source: https://fetch.spec.whatwg.org/#http-cors-protocol
 */
#ifndef TRACEVIEW_CORS_H
#define TRACEVIEW_CORS_H

#include "h2o_compat.h"

#include <libtrace/trace.h>

/** Takes the port off "host:port" or "[address]:port". @return false: what follows is no port */
bool host_split(struct lt_slice authority, struct lt_slice *ret_host);

/** Whether a host is this machine's own: localhost, *.localhost, 127.0.0.0/8, [::1]. */
bool host_is_loopback(struct lt_slice host);

/** Whether a host is an address, which no name server can make mean another machine. */
bool host_is_address(struct lt_slice host);

/** Whether an Origin names this machine: localhost, *.localhost, 127.0.0.0/8, [::1], any port. */
bool cors_is_loopback(struct lt_slice origin);

/**
 * Adds to the answer what lets a page of a loopback origin read it.  Pages of other origins get
 * nothing of the kind, so that a browser keeps them from sending protobuf or JSON here.
 * @return true when it was such a page's preflight, which has been answered
 */
bool cors_answer(h2o_req_t *req);

#endif
