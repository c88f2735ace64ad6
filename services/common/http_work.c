/* SPDX-License-Identifier: Apache-2.0 */
#include "http_work.h"

#include <string.h>

#include "http_answer.h"
#include "http_peers.h"

static void unwatch(struct http_work *work)
{
	watch_stop(&work->watch);
	http_peers_forget(work->req);
}

static void stop_once(struct http_work *work)
{
	void (*stop)(struct http_work *) = work->stop;

	unwatch(work);
	work->stop = NULL;
	if (stop)
		stop(work);
}

/* Called before the request's memory is freed. */
static void on_dispose(void *memory)
{
	stop_once(memory);
}

static void on_client_gone(void *memory)
{
	struct http_work *work = memory;
	h2o_req_t *req = work->req;

	stop_once(work);
	/* h2o disposes of a request only after an answer. */
	req->http1_is_persistent = 0;
	http_error(req, 499, "client_closed_request", "the client closed the connection");
}

static void on_client_closed(struct watch *watch, bool is_reset)
{
	struct http_work *work = H2O_STRUCT_FROM_MEMBER(struct http_work, watch, watch);

	if (is_reset || !http_peers_half_closed(work->req, on_client_gone, work))
		on_client_gone(work);
}

void *http_work_new(h2o_req_t *req, size_t size, void (*stop)(struct http_work *work))
{
	struct http_work *work = h2o_mem_alloc_shared(&req->pool, size, on_dispose);

	memset(work, 0, size);
	work->req = req;
	work->stop = stop;
	h2o_socket_t *sock = compat_socket(req);
	if (sock)
		compat_shrink_input(req, sock);
	watch_start(&work->watch, req, on_client_closed);
	return work;
}

h2o_req_t *http_work_end(struct http_work *work)
{
	unwatch(work);
	return work->req;
}
