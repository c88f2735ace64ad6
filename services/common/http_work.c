/* SPDX-License-Identifier: Apache-2.0 */
#include "http_work.h"

#include <string.h>

#include "http_answer.h"

static void stop_once(struct http_work *work)
{
	void (*stop)(struct http_work *) = work->stop;

	watch_stop(&work->watch);
	work->stop = NULL;
	if (stop)
		stop(work);
}

/* Called before the request's memory is freed. */
static void on_dispose(void *memory)
{
	stop_once(memory);
}

static void on_client_gone(struct watch *watch)
{
	struct http_work *work = H2O_STRUCT_FROM_MEMBER(struct http_work, watch, watch);
	h2o_req_t *req = work->req;

	stop_once(work);
	/* h2o disposes of a request only after an answer. */
	req->http1_is_persistent = 0;
	http_error(req, 499, "client_closed_request", "the client closed the connection");
}

void *http_work_new(h2o_req_t *req, size_t size, void (*stop)(struct http_work *work))
{
	struct http_work *work = h2o_mem_alloc_shared(&req->pool, size, on_dispose);

	memset(work, 0, size);
	work->req = req;
	work->stop = stop;
	watch_start(&work->watch, req, on_client_gone);
	return work;
}

h2o_req_t *http_work_end(struct http_work *work)
{
	watch_stop(&work->watch);
	return work->req;
}
