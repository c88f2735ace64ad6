/* SPDX-License-Identifier: Apache-2.0 */
/* hook_h2o.c - the libh2o functions that the agent stands in front of.
 *
 * h2o_process_request is where a request's handlers run, h2o_dispose_request where it ends,
 * h2o_start_response where its headers can still be added to; libh2o calls all three through its
 * PLT.  The request's span is current only inside the first and the last: between them the thread
 * works for others.
 */
#include "agent.h"
#include "completion.h"
#include "h2o_library.h"
#include "h2o_requests.h"
#include "h2o_soname.h"
#include "h2o_span.h"
#include <string.h>
#include <strings.h>

static const char *const names[] = {
#define X(name, type) #name,
	H2O_FUNCTIONS(X)
#undef X
};
_Static_assert(H2O_FUNCTION_COUNT <= HOOK_MAX_SYMBOLS, "hook.h's table is too small");

static struct hook_family h2o_family = {
	.names = names, .n_names = H2O_FUNCTION_COUNT, .calls_itself = true};

enum verdict { VERDICT_NONE, VERDICT_KNOWN, VERDICT_OTHER };

/* Where the structures of another version differ, reading them would be reading at random. */
static bool is_known(struct hook_library *library)
{
	int verdict = atomic_load_explicit(&library->verdict, memory_order_relaxed);

	if (library->passes)
		return false;
	if (verdict != VERDICT_NONE)
		return verdict == VERDICT_KNOWN;
	const enum verdict found =
		strcmp(library->soname, H2O_SONAME) == 0 ? VERDICT_KNOWN : VERDICT_OTHER;
	if (atomic_compare_exchange_strong(&library->verdict, &verdict, found) &&
		found == VERDICT_OTHER)
		lt_report(LT_LEVEL_WARN,
			"this program's %s is not the %s that this agent was built for: its "
			"requests are not traced",
			library->soname[0] ? library->soname : "libh2o", H2O_SONAME);
	return found == VERDICT_KNOWN;
}

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() hook_call(&h2o_family, __builtin_return_address(0))

static bool may_trace(const struct hook_call *call)
{
	return agent.server_tracer && is_known(call->target) && !lt_suppressed();
}

/* Starts the request's span and enters it in the table; NULL without memory. */
static struct h2o_request *start(h2o_req_t *req, bool from_arrival)
{
	bool has_caller = false;
	struct lt_span *span = h2o_span_start(req, from_arrival, &has_caller);
	struct h2o_request *request = h2o_request_add(req, span);

	if (request)
		request->has_caller = has_caller;
	else
		lt_span_end(span);
	return request;
}

AGENT_HOOK void h2o_process_request(h2o_req_t *req)
{
	const struct hook_call call = THIS_CALL();
	struct lt_scope scope;

	if (!call.target)
		return;
	/* A request that is processed once more has its span. */
	if (!may_trace(&call) || h2o_request_find(req)) {
		H2O_REAL(call.target, h2o_process_request)(req);
		return;
	}
	completion_leave();
	const struct h2o_request *request = start(req, false);
	lt_scope_enter(&scope, request ? request->span : NULL);
	H2O_REAL(call.target, h2o_process_request)(req);
	lt_scope_leave(&scope);
}

AGENT_HOOK void h2o_dispose_request(h2o_req_t *req)
{
	const struct hook_call call = THIS_CALL();
	struct h2o_request request;
	struct lt_scope scope;

	if (!call.target)
		return;
	if (!agent.server_tracer || !h2o_request_remove(req, &request)) {
		H2O_REAL(call.target, h2o_dispose_request)(req);
		return;
	}
	h2o_span_describe(request.span, req, request.has_response);
	/* The program's generator may be stopped in here, and what it gives up is this request's.
	 */
	lt_scope_enter(&scope, request.span);
	H2O_REAL(call.target, h2o_dispose_request)(req);
	lt_scope_leave(&scope);
	lt_span_end(request.span);
}

static bool has_header(const h2o_headers_t *headers, const char *name, const char *value_start)
{
	const size_t len = strlen(name), value_len = strlen(value_start);

	for (size_t i = 0; i < headers->size; i++) {
		const h2o_header_t *header = &headers->entries[i];
		if (header->name->len == len && strncasecmp(header->name->base, name, len) == 0 &&
			header->value.len >= value_len &&
			memcmp(header->value.base, value_start, value_len) == 0)
			return true;
	}
	return false;
}

/* Tells the client which trace answered it, in both spellings that are in use.
 * Source: https://www.w3.org/TR/trace-context-2/#trace-context-http-response-headers-format,
 * https://www.w3.org/TR/2021/WD-trace-context-2-20210617/#traceresponse-header */
static void add_headers(struct hook_library *library, h2o_req_t *req, struct lt_span *span)
{
	static const char prefix[] = "trace;desc=";
	const size_t prefix_len = sizeof(prefix) - 1;
	const struct lt_span_context context = lt_span_get_context(span);
	h2o_headers_t *headers = &req->res.headers;

	/* A remote one is the caller's own, handed on by a disabled SDK: it answers nothing. */
	if (!lt_span_context_is_valid(&context) || context.remote)
		return;
	/* One text serves both: the second header's value is the end of the first one's. */
	char *value = H2O_REAL(library, h2o_mem_alloc_shared)(
		&req->pool, prefix_len + LT_TRACEPARENT_LEN + 1, NULL);
	memcpy(value, prefix, prefix_len);
	lt_traceparent_print(&context, value + prefix_len);
	if (!has_header(headers, "server-timing", prefix))
		H2O_REAL(library, h2o_add_header_by_str)
	(&req->pool, headers, "server-timing", strlen("server-timing"), 0, NULL, value,
		prefix_len + LT_TRACEPARENT_LEN);
	if (!has_header(headers, "traceresponse", ""))
		H2O_REAL(library, h2o_add_header_by_str)
	(&req->pool, headers, "traceresponse", strlen("traceresponse"), 0, NULL, value + prefix_len,
		LT_TRACEPARENT_LEN);
}

static bool wants_headers(const struct h2o_request *request)
{
	switch (agent.response_headers) {
	case RESPONSE_HEADERS_ALL:
		return true;
	case RESPONSE_HEADERS_EDGE:
		return !request->has_caller;
	default:
		return false;
	}
}

AGENT_HOOK void h2o_start_response(h2o_req_t *req, h2o_generator_t *generator)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (may_trace(&call)) {
		struct h2o_request *request = h2o_request_find(req);
		/* libh2o itself answers a request whose body is too large, before any handler. */
		if (!request && req->input.method.len)
			request = start(req, true);
		if (request)
			request->has_response = true;
		if (request && request->span && wants_headers(request))
			add_headers(call.target, req, request->span);
	}
	H2O_REAL(call.target, h2o_start_response)(req, generator);
}
