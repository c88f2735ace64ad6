/* SPDX-License-Identifier: Apache-2.0 */
/* libuv.c - a span across libuv's loop: from a callback into a thread of its pool, and back when that
 * is done.
 *
 *	$ ./libuv
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	request  INTERNAL  80.0 us
 *	  compress  INTERNAL  1.0 us
 *	  answer  INTERNAL  0.2 us
 */
#include <libtrace/sdk.h>
#include <uv.h>

struct request {
	uv_work_t work;
	struct lt_span *span;
};

static struct lt_tracer *tracer;

static void compress(uv_work_t *work) /* on a thread of the pool */
{
	struct request *request = work->data;

	LT_SCOPE(request->span);
	lt_span_end(lt_span_start(tracer, "compress", NULL));
}

static void answer(uv_work_t *work, int status) /* on the loop's thread */
{
	struct request *request = work->data;

	LT_SCOPE(request->span);
	lt_span_end(lt_span_start(tracer, "answer", NULL));
	if (status)
		lt_span_status(request->span, LT_STATUS_ERROR, uv_strerror(status));
	lt_span_end(request->span);
}

int main(void)
{
	struct lt_provider *provider;

	if (lt_provider_new(NULL, &provider))
		return 1;
	tracer = lt_tracer_get(provider, "libuv", NULL);
	struct request request = {.span = lt_span_start(tracer, "request", NULL)};
	request.work.data = &request;
	uv_queue_work(uv_default_loop(), &request.work, compress, answer);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	uv_loop_close(uv_default_loop());
	lt_provider_free(provider);
	return 0;
}
