/* SPDX-License-Identifier: Apache-2.0 */
/* hook_mhd.c - wrappers of libmicrohttpd's functions.
 *
 * A daemon is started with functions of the agent's in place of the program's handler and of two
 * callbacks, which call the program's: the handler's first call starts a request's span, and the
 * callback for its completion ends it; the one for a request's first line has its target as it was
 * sent.  The span is current in each call of the handler and in that of the completion; in between
 * the thread may serve other requests. */
#include "hook_mhd/mhd_options.h"
#include "hook_mhd/mhd_request.h"
#include "request/request_span.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() hook_call(&mhd_family, __builtin_return_address(0))

/* A daemon, from its start until it has stopped: its threads use it without a look-up. */
struct server {
	struct hook_entry entry;
	struct hook_library *library;
	const char *scheme;
	/* The program's; the callbacks may be NULL. */
	mhd_handler_function handler;
	mhd_completed_function completed;
	mhd_uri_function uri;
	void *handler_cls, *completed_cls, *uri_cls;
};

/* Which server a daemon has, to free it. */
struct daemon {
	struct hook_entry entry;
	struct server *server;
};

static const struct hook_kind daemons = {sizeof(struct daemon)};

/* The call of the program's handler that this thread is in. */
struct handling {
	struct MHD_Connection *connection; /* NULL: in none */
	struct MHD_Response *queued;	   /* for it, in this call; NULL: none */
};

static __thread struct handling handling;

/* --- in place of the program's functions -------------------------------------------------- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	const struct server *server = cls;

	mhd_request_begin(connection, uri);
	return server->uri ? server->uri(server->uri_cls, uri, connection) : NULL;
}

static int on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_bytes,
	void **con_cls)
{
	const struct server *server = cls;
	struct mhd_request *request = mhd_request_get(connection);
	const struct handling outer = handling;
	struct lt_scope scope;

	request_span_arrive();
	if (request)
		mhd_request_handle(server->library, request, server->scheme, method, version);
	handling = (struct handling){.connection = connection};
	lt_scope_enter(&scope, request ? request->span : NULL);
	int result = server->handler(server->handler_cls, connection, url, method, version, upload,
		upload_bytes, con_cls);
	lt_scope_leave(&scope);
	handling = outer;
	request = result == MHD_NO ? mhd_request_find(connection) : NULL;
	if (request)
		request->is_given_up = true;
	return result;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls, int end)
{
	const struct server *server = cls;
	struct mhd_request *request = mhd_request_remove(connection);
	/* The program hears of what it has seen: since on_uri() libmicrohttpd reports all. */
	bool is_known = !request || request->is_handled || server->uri;
	struct lt_scope scope;

	lt_scope_enter(&scope, request ? request->span : NULL);
	if (server->completed && is_known)
		server->completed(server->completed_cls, connection, con_cls, end);
	lt_scope_leave(&scope);
	mhd_request_end(server->library, request, end);
}

/* --- daemons ------------------------------------------------------------------------------ */

/* Puts the agent's callbacks behind the program's options, of which the last ones count.  NULL: the
 * daemon cannot be traced. */
static struct server *server_new(struct hook_library *library, unsigned flags,
	mhd_handler_function handler, void *handler_cls, struct mhd_options *options)
{
	const struct mhd_option *completed = mhd_options_find(options, MHD_OPTION_NOTIFY_COMPLETED);
	const struct mhd_option *uri = mhd_options_find(options, MHD_OPTION_URI_LOG_CALLBACK);
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	*server = (struct server){
		.library = library,
		.scheme = flags & MHD_USE_TLS ? "https" : "http",
		.handler = handler,
		.handler_cls = handler_cls,
		.completed = completed ? (mhd_completed_function)completed->value : NULL,
		.completed_cls = completed ? completed->pointer : NULL,
		.uri = uri ? (mhd_uri_function)uri->value : NULL,
		.uri_cls = uri ? uri->pointer : NULL,
	};
	if (mhd_options_add(options, (struct mhd_option){MHD_OPTION_NOTIFY_COMPLETED,
					     (intptr_t)on_completed, server}) &&
		mhd_options_add(options,
			(struct mhd_option){MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_uri, server}))
		return server;
	free(server);
	return NULL;
}

static bool read_options(struct mhd_options *options, va_list list)
{
	va_list copy;

	va_copy(copy, list);
	bool is_known = mhd_options_read(options, copy);
	va_end(copy);
	if (!is_known)
		lt_report(LT_LEVEL_WARN, "what a libmicrohttpd daemon serves is not traced: "
					 "an option of it is not known");
	return is_known;
}

static struct MHD_Daemon *start_daemon(const struct hook_call *call, unsigned flags, uint16_t port,
	mhd_accept_function accept, void *accept_cls, mhd_handler_function handler,
	void *handler_cls, va_list list)
{
	struct mhd_options options;
	struct server *server = NULL;

	if (mhd_family.tracer && !call->internal && handler && read_options(&options, list))
		server = server_new(call->target, flags, handler, handler_cls, &options);
	if (!server)
		return MHD_REAL(call->target, MHD_start_daemon_va)(
			flags, port, accept, accept_cls, handler, handler_cls, list);
	struct MHD_Daemon *daemon = MHD_REAL(call->target, MHD_start_daemon)(flags, port, accept,
		accept_cls, on_request, server, MHD_OPTION_ARRAY, options.items, MHD_OPTION_END);
	if (!daemon) {
		free(server);
		return NULL;
	}
	int saved_errno = errno;
	struct daemon *known = (struct daemon *)hook_map_get(&daemons, daemon);
	if (known)
		known->server = server;
	errno = saved_errno;
	return daemon;
}

AGENT_HOOK struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port,
	mhd_accept_function accept, void *accept_cls, mhd_handler_function handler,
	void *handler_cls, ...)
{
	const struct hook_call call = THIS_CALL();
	va_list options;

	if (!call.target)
		return NULL;
	va_start(options, handler_cls);
	struct MHD_Daemon *daemon =
		start_daemon(&call, flags, port, accept, accept_cls, handler, handler_cls, options);
	va_end(options);
	return daemon;
}

AGENT_HOOK struct MHD_Daemon *MHD_start_daemon_va(unsigned flags, uint16_t port,
	mhd_accept_function accept, void *accept_cls, mhd_handler_function handler,
	void *handler_cls, va_list options)
{
	const struct hook_call call = THIS_CALL();

	return call.target ? start_daemon(&call, flags, port, accept, accept_cls, handler,
				     handler_cls, options)
			   : NULL;
}

AGENT_HOOK void MHD_stop_daemon(struct MHD_Daemon *daemon)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	/* Before another thread can be given the same address for a new daemon. */
	struct daemon *known = call.internal || !daemon
				       ? NULL
				       : (struct daemon *)hook_map_remove(&daemons, daemon);
	MHD_REAL(call.target, MHD_stop_daemon)(daemon);
	if (known)
		free(known->server);
	free(known);
}

/* --- answers ------------------------------------------------------------------------------ */

/* A response may be queued for many requests, and be sent to several at the same time.  The trace's
 * headers may only be added to one that is queued once, before it is sent: in the handler, when the
 * program releases what it has just queued. */
struct response {
	struct hook_entry entry;
	atomic_uint n_queued;
};

static const struct hook_kind responses = {sizeof(struct response)};

static void count_queued(struct MHD_Response *response)
{
	struct response *known = (struct response *)hook_map_get(&responses, response);

	if (known)
		atomic_fetch_add_explicit(&known->n_queued, 1, memory_order_relaxed);
}

AGENT_HOOK int MHD_queue_response(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return MHD_NO;
	int result = MHD_REAL(call.target, MHD_queue_response)(connection, status, response);
	struct mhd_request *request =
		result == MHD_YES && mhd_family.tracer ? mhd_request_find(connection) : NULL;
	if (!request)
		return result;
	request->status = (int)(status & 0xffff); /* some versions have flags above */
	/* libmicrohttpd queues errors of its own; in a handler it does so for the program. */
	bool is_handling = handling.connection == connection;
	if (agent.response_headers != RESPONSE_HEADERS_NONE && (is_handling || !call.internal))
		count_queued(response);
	if (is_handling)
		handling.queued = response;
	return result;
}

static void add_header(struct hook_library *library, struct MHD_Response *response,
	const char *name, const char *value)
{
	if (!MHD_REAL(library, MHD_get_response_header)(response, name))
		MHD_REAL(library, MHD_add_response_header)(response, name, value);
}

static void add_trace_headers(struct hook_library *library, struct MHD_Response *response)
{
	const struct mhd_request *request = mhd_request_find(handling.connection);
	struct http_trace_headers headers;

	if (!request || !request->span ||
		!request_trace_headers(request->span, request->has_caller, &headers))
		return;
	add_header(library, response, HTTP_SERVER_TIMING, headers.server_timing);
	add_header(library, response, HTTP_TRACERESPONSE, headers.traceresponse);
}

AGENT_HOOK void MHD_destroy_response(struct MHD_Response *response)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	struct response *known =
		call.internal || !response || agent.response_headers == RESPONSE_HEADERS_NONE
			? NULL
			: (struct response *)hook_map_remove(&responses, response);
	if (known && handling.queued == response && atomic_load(&known->n_queued) == 1)
		add_trace_headers(call.target, response);
	if (known)
		handling.queued = NULL;
	free(known);
	MHD_REAL(call.target, MHD_destroy_response)(response);
}
