/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - sends a request to a traced service, whose answer names its trace. */
#ifndef TRACEVIEW_REQUEST_H
#define TRACEVIEW_REQUEST_H

#include "show/fetch.h"
#include "show/target.h"

/**
 * Gets a URL, repeatedly until the answer's status is below 500 or wait_s have passed: a service
 * that has just been started may not listen yet, or not reach the next one.
 *
 * @param target  its trace_id is set to that of the header traceresponse
 * @return 0; -EIO with why: no answer, an answer of 400 or above, or one that names no trace
 *
 * Source: https://w3c.github.io/trace-context/#traceresponse-header
 */
LT_CHECKED int request_send(
	const char *url, double wait_s, struct target *target, char ret_why[FETCH_WHY_BYTES]);

#endif
