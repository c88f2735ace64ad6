/* SPDX-License-Identifier: Apache-2.0 */
/* http_work.h - a request that is answered later: by a timer, by another service's answer.
 *
 * Work lives in its request's memory and goes when the request goes.  Made in the handler, it is
 * ended by http_work_end() just before the answer; if the client goes away first it is stopped, and
 * nobody has to answer any more.
 */
#ifndef SERVICES_HTTP_WORK_H
#define SERVICES_HTTP_WORK_H

#include "h2o_compat.h"

struct http_work { /* the first member of what the handler needs to keep */
	h2o_req_t *req;
	/* Called once, when the client has gone or else after the answer: stops timers and calls
	 * that still run, releases what the work holds outside the request's memory. */
	void (*stop)(struct http_work *work);
	struct watch watch;
};

/**
 * Makes the work of a request and watches whether its client stays.
 *
 * @param size  bytes of the object whose first member is the http_work; the rest is zeroed
 * @return borrowed from the request, until stop() has been called
 */
void *http_work_new(h2o_req_t *req, size_t size, void (*stop)(struct http_work *work));

/** Call it just before answering. @return the request, to be answered */
h2o_req_t *http_work_end(struct http_work *work);

#endif
