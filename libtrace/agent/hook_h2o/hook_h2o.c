/* SPDX-License-Identifier: Apache-2.0 */
/* hook_h2o.c - wrappers of libh2o's functions.
 *
 * A request's handlers run in h2o_process_request, it ends in h2o_dispose_request, and response
 * headers can be added in h2o_start_response; the others show how its response ends. libh2o calls
 * them all through its PLT. The request's span is current only inside the first and the last: in
 * between the thread serves other requests.
 *
 * libh2o's structures are read by the reader of its flavour (h2o_reader.h) only. */
#include "hook/agent.h"
#include "hook_h2o/h2o_library.h"
#include "hook_h2o/h2o_reader.h"
#include "hook_h2o/h2o_requests.h"
#include "hook_h2o/h2o_soname.h"
#include "hook_h2o/h2o_timers.h"
#include "request/request_span.h"
#include <string.h>

typedef void (*written_function)(struct st_h2o_socket_t *, const char *);

/* As in h2o.h, h2o/socket.h, h2o/http1.h and h2o/http2_internal.h.  An h2o_send_state_t is an int
 * here. */
AGENT_HOOK void h2o_process_request(struct st_h2o_req_t *req);
AGENT_HOOK void h2o_dispose_request(struct st_h2o_req_t *req);
AGENT_HOOK void h2o_start_response(struct st_h2o_req_t *req, struct st_h2o_generator_t *generator);
AGENT_HOOK void h2o_send(struct st_h2o_req_t *req, void *parts, size_t n, int state);
AGENT_HOOK void h2o_sendvec(struct st_h2o_req_t *req, void *parts, size_t n, int state);
AGENT_HOOK void h2o_socket_write(
	struct st_h2o_socket_t *sock, void *parts, size_t n, written_function written);
AGENT_HOOK void h2o_http1_upgrade(
	struct st_h2o_req_t *req, void *parts, size_t n, void *upgraded, void *user);
AGENT_HOOK void h2o_http2_stream_proceed(void *conn, void *stream);
AGENT_HOOK void h2o__proxy_process_request(struct st_h2o_req_t *req);
AGENT_HOOK void h2o_timeout_link(void *loop, void *timeout, struct st_h2o_timeout_entry_t *timer);
AGENT_HOOK void h2o_timeout_unlink(struct st_h2o_timeout_entry_t *timer);

enum verdict { VERDICT_NONE, VERDICT_EVLOOP, VERDICT_UV, VERDICT_OTHER };

/* The structures of another version differ, so they must not be read. */
__attribute__((cold, noinline)) static enum verdict judge(struct hook_library *library)
{
	const char *refused = h2o_soname_refused(library->soname);
	enum verdict found = refused					   ? VERDICT_OTHER
			     : strcmp(library->soname, H2O_SONAME_UV) == 0 ? VERDICT_UV
									   : VERDICT_EVLOOP;
	int verdict = VERDICT_NONE;

	if (atomic_compare_exchange_strong(&library->verdict, &verdict, found) && refused)
		lt_report(LT_LEVEL_WARN,
			"this program's requests are not traced: it has %s, and %s",
			library->soname[0] ? library->soname : "a libh2o without a name", refused);
	return found;
}

static const struct h2o_reader *const readers[] = {
	[VERDICT_EVLOOP] = &h2o_reader_evloop,
#if AGENT_KNOWS_LIBUV
	[VERDICT_UV] = &h2o_reader_uv,
#endif
	[VERDICT_OTHER] = NULL,
};

/* NULL: the library is not known. */
static inline const struct h2o_reader *reader_of(struct hook_library *library)
{
	int verdict = atomic_load_explicit(&library->verdict, memory_order_relaxed);

	if (library->passes)
		return NULL;
	if (verdict == VERDICT_NONE)
		verdict = judge(library);
	return readers[verdict];
}

/* Most calls are libh2o's own, and it is kept loaded: a call from inside it is for itself. */
static inline struct hook_call call_from(const void *caller)
{
	uintptr_t address = (uintptr_t)caller;
	struct hook_library *first =
		atomic_load_explicit(&h2o_family.libraries[0], memory_order_acquire);

	if (first && address >= first->start && address < first->end)
		return hook_call_of(first, address);
	return hook_call(&h2o_family, caller);
}

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() call_from(__builtin_return_address(0))

/* NULL: nothing new is to be traced. */
static const struct h2o_reader *tracing_reader(const struct hook_call *call)
{
	return h2o_family.tracer && !lt_suppressed() ? reader_of(call->target) : NULL;
}

/* Starts the request's span and adds it to the table; NULL when out of memory. */
static struct h2o_request *start(
	const struct h2o_reader *reader, struct st_h2o_req_t *req, bool from_arrival)
{
	bool has_caller = false;
	struct lt_span *span = reader->start(req, from_arrival, &has_caller);
	struct h2o_request *request = h2o_request_add(req, span);

	if (request)
		request->has_caller = has_caller;
	else
		lt_span_end(span);
	return request;
}

AGENT_HOOK void h2o_process_request(struct st_h2o_req_t *req)
{
	const struct hook_call call = THIS_CALL();
	struct lt_scope scope;

	if (!call.target)
		return;
	const struct h2o_reader *reader = tracing_reader(&call);
	/* A request that is processed again keeps its span. */
	if (!reader || h2o_request_find(req)) {
		H2O_REAL(call.target, h2o_process_request)(req);
		return;
	}
	request_span_arrive();
	const struct h2o_request *request = start(reader, req, false);
	lt_scope_enter(&scope, request ? request->span : NULL);
	H2O_REAL(call.target, h2o_process_request)(req);
	lt_scope_leave(&scope);
}

static __thread bool is_proceeding; /* in h2o_http2_stream_proceed() */

AGENT_HOOK void h2o_dispose_request(struct st_h2o_req_t *req)
{
	const struct hook_call call = THIS_CALL();
	struct h2o_request request;
	struct lt_scope scope;

	if (!call.target)
		return;
	const struct h2o_reader *reader = h2o_family.tracer ? reader_of(call.target) : NULL;
	if (!reader || !h2o_request_remove(req, &request)) {
		H2O_REAL(call.target, h2o_dispose_request)(req);
		return;
	}
	reader->end(req, &request, is_proceeding);
	/* The program's generator may be stopped in here, and cancels calls of this request. */
	lt_scope_enter(&scope, request.span);
	H2O_REAL(call.target, h2o_dispose_request)(req);
	lt_scope_leave(&scope);
	lt_span_end(request.span);
}

AGENT_HOOK void h2o_start_response(struct st_h2o_req_t *req, struct st_h2o_generator_t *generator)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	const struct h2o_reader *reader = tracing_reader(&call);
	if (reader) {
		struct h2o_request *request = h2o_request_find(req);
		/* libh2o itself answers a request whose body is too large, before any handler. */
		if (!request && reader->is_request(req))
			request = start(reader, req, true);
		if (request)
			reader->answer(call.target, req, request, generator);
	}
	H2O_REAL(call.target, h2o_start_response)(req, generator);
}

/* The request whose h2o_send() is under way; what it writes is that request's. */
static __thread struct st_h2o_req_t *sending;

AGENT_HOOK void h2o_send(struct st_h2o_req_t *req, void *parts, size_t n, int state)
{
	const struct hook_call call = THIS_CALL();
	struct st_h2o_req_t *const outer = sending;

	if (!call.target)
		return;
	const struct h2o_reader *reader = reader_of(call.target);
	if (reader)
		reader->send(req, state);
	sending = req;
	H2O_REAL(call.target, h2o_send)(req, parts, n, state);
	sending = outer;
}

/* Of 2.3, with parts that are read on demand. */
AGENT_HOOK void h2o_sendvec(struct st_h2o_req_t *req, void *parts, size_t n, int state)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	const struct h2o_reader *reader = reader_of(call.target);
	if (reader)
		reader->send(req, state);
	H2O_REAL(call.target, h2o_sendvec)(req, parts, n, state);
}

AGENT_HOOK void h2o_socket_write(
	struct st_h2o_socket_t *sock, void *parts, size_t n, written_function written)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	const struct h2o_reader *reader = reader_of(call.target);
	if (reader)
		written = reader->completion(sock, written, sending);
	H2O_REAL(call.target, h2o_socket_write)(sock, parts, n, written);
}

AGENT_HOOK void h2o_http1_upgrade(
	struct st_h2o_req_t *req, void *parts, size_t n, void *upgraded, void *user)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	const struct h2o_reader *reader = tracing_reader(&call);
	/* None: libh2o goes on with the same request in HTTP/2. */
	struct h2o_request *request = reader ? h2o_request_find(req) : NULL;
	if (request)
		reader->switch_protocol(req, request);
	H2O_REAL(call.target, h2o_http1_upgrade)(req, parts, n, upgraded, user);
}

AGENT_HOOK void h2o_http2_stream_proceed(void *conn, void *stream)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	bool outer = is_proceeding;
	is_proceeding = true;
	H2O_REAL(call.target, h2o_http2_stream_proceed)(conn, stream);
	is_proceeding = outer;
}

AGENT_HOOK void h2o__proxy_process_request(struct st_h2o_req_t *req)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	const struct h2o_reader *reader = tracing_reader(&call);
	struct h2o_request *request = reader ? h2o_request_find(req) : NULL;
	if (request && request->span)
		reader->proxy(call.target, req, request);
	H2O_REAL(call.target, h2o__proxy_process_request)(req);
}

/* --- timers of the program's ---------------------------------------------------------------- */

AGENT_HOOK void h2o_timeout_link(void *loop, void *timeout, struct st_h2o_timeout_entry_t *timer)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	const struct h2o_reader *reader =
		!call.internal && pthread_family.tracer ? tracing_reader(&call) : NULL;
	h2o_timer_callback *place = reader ? reader->timer_callback(timer) : NULL;
	if (place)
		h2o_timer_set(timer, place);
	H2O_REAL(call.target, h2o_timeout_link)(loop, timeout, timer);
}

AGENT_HOOK void h2o_timeout_unlink(struct st_h2o_timeout_entry_t *timer)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	if (!call.internal)
		h2o_timer_stop(timer);
	H2O_REAL(call.target, h2o_timeout_unlink)(timer);
}
