/* SPDX-License-Identifier: Apache-2.0 */
/* hook_evhttp.c - wrappers of evhttp's functions.
 *
 * The program's callbacks are registered with one of the agent's in front of them, which starts the
 * request's span: it is current only in there.  The span ends when all of the answer has been
 * written, or when the request's memory is released, whichever is first.  libevent calls its own
 * functions through its PLT, so that what it answers by itself (404, 413) is seen, too. */
#include "hook_evhttp/evhttp_answer.h"
#include "hook_evhttp/evhttp_routes.h"
#include "hook_evhttp/evhttp_span.h"

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() hook_call(&evhttp_family, __builtin_return_address(0))

static bool is_seen(const struct hook_call *call)
{
	return evhttp_family.tracer && !call->internal;
}

/* --- callbacks ---------------------------------------------------------------------------- */

AGENT_HOOK void evhttp_set_gencb(struct evhttp *http, evhttp_function function, void *arg)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (is_seen(&call) && http)
		evhttp_routes_set_generic(call.target, http, function, arg);
	else
		EVHTTP_REAL(call.target, evhttp_set_gencb)(http, function, arg);
}

AGENT_HOOK int evhttp_set_cb(
	struct evhttp *http, const char *path, evhttp_function function, void *arg)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return -2; /* out of memory */
	if (is_seen(&call) && http && path && function)
		return evhttp_routes_add(call.target, http, path, function, arg);
	return EVHTTP_REAL(call.target, evhttp_set_cb)(http, path, function, arg);
}

AGENT_HOOK int evhttp_del_cb(struct evhttp *http, const char *path)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return -1;
	int result = EVHTTP_REAL(call.target, evhttp_del_cb)(http, path);
	if (result == 0 && is_seen(&call))
		evhttp_routes_remove(http, path);
	return result;
}

AGENT_HOOK void evhttp_free(struct evhttp *http)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	/* Before another thread can be given the same address for a new server. */
	struct evhttp_routes *routes = evhttp_routes_take(http);
	EVHTTP_REAL(call.target, evhttp_free)(http);
	evhttp_routes_free(routes);
}

/* --- a request's end ---------------------------------------------------------------------- */

AGENT_HOOK void evhttp_request_free(struct evhttp_request *req)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (evhttp_family.tracer) {
		evhttp_answer_forget(req);
		evhttp_span_abandon(req, call.internal);
	}
	EVHTTP_REAL(call.target, evhttp_request_free)(req);
}

AGENT_HOOK void evhttp_request_set_on_complete_cb(
	struct evhttp_request *req, evhttp_function function, void *arg)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	struct evhttp_span *span = is_seen(&call) ? evhttp_span_find(req) : NULL;
	if (span) {
		span->completed = function;
		span->completed_arg = arg;
		evhttp_span_await(span);
	} else {
		EVHTTP_REAL(call.target, evhttp_request_set_on_complete_cb)(req, function, arg);
	}
}

/* --- answers ------------------------------------------------------------------------------ */

/* The library sets the status of every answer by this function of its own, also of one to a request
 * for which the program has no callback. */
AGENT_HOOK void evhttp_response_code_(struct evhttp_request *req, int code, const char *reason)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (evhttp_family.tracer && !call.target->passes && !evhttp_span_find(req) &&
		EVHTTP_REAL(call.target, evhttp_request_get_command)(req) != 0) {
		struct evhttp_span *span = evhttp_span_get(call.target, req);
		if (span)
			evhttp_span_start(span, NULL);
		evhttp_answer_begin_page(req, code);
	}
	EVHTTP_REAL(call.target, evhttp_response_code_)(req, code, reason);
}

AGENT_HOOK void evhttp_send_reply(
	struct evhttp_request *req, int code, const char *reason, struct evbuffer *body)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (is_seen(&call))
		evhttp_answer_begin(req, code);
	EVHTTP_REAL(call.target, evhttp_send_reply)(req, code, reason, body);
}

AGENT_HOOK void evhttp_send_reply_start(struct evhttp_request *req, int code, const char *reason)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (is_seen(&call))
		evhttp_answer_begin(req, code);
	EVHTTP_REAL(call.target, evhttp_send_reply_start)(req, code, reason);
}

AGENT_HOOK void evhttp_send_error(struct evhttp_request *req, int error, const char *reason)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (is_seen(&call))
		evhttp_answer_begin_page(req, error);
	EVHTTP_REAL(call.target, evhttp_send_error)(req, error, reason);
}

AGENT_HOOK void evhttp_clear_headers(struct evkeyvalq *headers)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	EVHTTP_REAL(call.target, evhttp_clear_headers)(headers);
	if (call.internal)
		evhttp_answer_cleared(headers);
}
