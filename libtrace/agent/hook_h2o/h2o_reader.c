/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_reader.c - one flavour's table; see h2o_reader.h. */
#include "hook_h2o/h2o_reader.h"
#include "hook_h2o/h2o_answer.h"
#include "hook_h2o/h2o_flavour.h"
#include "hook_h2o/h2o_span.h"
#include "hook_h2o/h2o_upstream.h"

static bool is_request(const h2o_req_t *req)
{
	return req->input.method.len > 0;
}

/* 2.3 stops a timer without a call: what was current where one was set could not be released. */
static void (**timer_callback(struct st_h2o_timeout_entry_t *timer))(
	struct st_h2o_timeout_entry_t *)
{
#if H2O_IS_2_2
	return &timer->cb;
#else
	return NULL;
#endif
}

const struct h2o_reader H2O_OF_FLAVOUR(h2o_reader, H2O_FLAVOUR) = {
	.start = h2o_span_start,
	.is_request = is_request,
	.proxy = h2o_upstream_start,
	.answer = h2o_answer_begin,
	.switch_protocol = h2o_answer_switch,
	.send = h2o_answer_send,
	.completion = h2o_answer_completion,
	.timer_callback = timer_callback,
	.end = h2o_answer_end,
};
