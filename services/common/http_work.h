/* SPDX-License-Identifier: Apache-2.0 */
/* http_work.h - a request that is answered later: by a timer, by another service's answer.
 *
 * Work lives in its request's memory, as long as the request. The handler creates it;
 * http_work_end() ends it just before the answer. If the client disconnects first it is stopped,
 * and no answer is due; a client that closes its side only gets its answer.
 */
#ifndef SERVICES_HTTP_WORK_H
#define SERVICES_HTTP_WORK_H

#include "h2o_compat.h"
#include "h2o_watch.h"

struct http_work { /* the first member of the handler's own struct */
	h2o_req_t *req;
	/* Called once, when the client has disconnected or else after the answer: stops timers and
	 * calls that still run, frees what the work holds outside of the request's memory. */
	void (*stop)(struct http_work *work);
	struct watch watch;
};

/**
 * Creates the work of a request, whose body is gone from now on, and watches for the client's disconnect.
 *
 * @param size  bytes of the object whose first member is the http_work; the rest is zeroed
 * @return borrowed from the request, until stop() has been called
 */
void *http_work_new(h2o_req_t *req, size_t size, void (*stop)(struct http_work *work));

/** Ends the work; to be called just before answering. @return the request, to be answered */
h2o_req_t *http_work_end(struct http_work *work);

#endif
