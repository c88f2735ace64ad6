/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_evhttp/evhttp_span.h"
#include "http/http.h"
#include "request/request_span.h"
#include "util/slice.h"
#include <stdlib.h>

static const struct hook_kind requests = {sizeof(struct evhttp_span)};

struct evhttp_span *evhttp_span_find(const struct evhttp_request *req)
{
	return (struct evhttp_span *)hook_map_find(&requests, req);
}

struct evhttp_span *evhttp_span_get(struct hook_library *library, struct evhttp_request *req)
{
	struct evhttp_span *span = (struct evhttp_span *)hook_map_get(&requests, req);

	if (span) {
		span->req = req;
		span->library = library;
	}
	return span;
}

/* --- what is known of it ------------------------------------------------------------------ */

/* enum evhttp_cmd_type, a bit each */
static const char *const methods[] = {
	"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"};

static const char *method_of(int command)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (command == 1 << i)
			return methods[i];
	}
	return "";
}

/* The beginning of libevent 2.1's struct evhttp_request: there is no function for the version. */
struct request_of_2_1 {
	void *next, *previous, *connection;
	int flags;
	void *input_headers, *output_headers;
	char *remote_host;
	uint16_t remote_port;
	char *host_cache;
	int kind, type;
	size_t headers_bytes, body_bytes;
	char *uri;
	void *uri_elems;
	char major, minor;
};

static struct lt_slice version_of(
	const struct hook_library *library, const struct evhttp_request *req)
{
	const struct request_of_2_1 *request = (const struct request_of_2_1 *)req;

	return http_version(
		strstr(library->soname, "-2.1.so.7") ? request->major * 0x100 + request->minor : 0);
}

static bool get_header(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const struct evkeyvalq *headers = carrier;

	for (const struct evkeyval *header = headers->first; header; header = header->next) {
		if (lt_slice_is_word(lt_slice(header->key), key) && index-- == 0) {
			*ret_value = lt_slice(header->value);
			return true;
		}
	}
	return false;
}

static const struct sockaddr *peer_of(
	const struct hook_library *library, struct evhttp_request *req)
{
	struct evhttp_connection *connection =
		EVHTTP_REAL(library, evhttp_request_get_connection)(req);

	return connection && EVHTTP_REAL(library, evhttp_connection_get_addr)
		       ? EVHTTP_REAL(library, evhttp_connection_get_addr)(connection)
		       : NULL;
}

/* --- its end ------------------------------------------------------------------------------ */

static void end(struct evhttp_span *span, const char *error)
{
	if (span->span)
		request_span_answered(span->span, span->status, error);
	lt_span_end(span->span);
	free(span);
}

/* All of the answer has been written. */
static void on_completed(struct evhttp_request *req, void *arg)
{
	struct evhttp_span *span = (struct evhttp_span *)hook_map_remove(&requests, req);
	struct lt_scope scope;

	if (!span)
		return;
	if (span->completed) {
		lt_scope_enter(&scope, span->span);
		span->completed(req, span->completed_arg);
		lt_scope_leave(&scope);
	}
	end(span, NULL);
}

void evhttp_span_await(struct evhttp_span *span)
{
	__typeof__(evhttp_request_set_on_complete_cb) *set =
		EVHTTP_REAL(span->library, evhttp_request_set_on_complete_cb);

	if (set) /* since 2.1 */
		set(span->req, on_completed, NULL);
}

void evhttp_span_abandon(const struct evhttp_request *req, bool is_internal)
{
	struct evhttp_span *span = (struct evhttp_span *)hook_map_remove(&requests, req);

	if (!span)
		return;
	bool is_cut_off =
		!span->status || EVHTTP_REAL(span->library, evhttp_request_set_on_complete_cb);
	bool has_client_gone = is_internal || !EVHTTP_REAL(span->library,
						      evhttp_request_get_connection)(span->req);
	end(span, !is_cut_off	    ? NULL
		  : has_client_gone ? HTTP_CONNECTION_CLOSED
				    : HTTP_RESPONSE_ABORTED);
}

/* --- its start ---------------------------------------------------------------------------- */

void evhttp_span_start(struct evhttp_span *span, const char *route)
{
	static const struct lt_carrier_impl impl = {.get = get_header};
	struct hook_library *library = span->library;
	struct evkeyvalq *headers =
		EVHTTP_REAL(library, evhttp_request_get_input_headers)(span->req);

	if (span->is_started) { /* one that ended unseen: its memory is another's now */
		lt_span_end(span->span);
		span->status = 0;
	}
	span->is_started = true;
	struct http_request facts = {
		.method = lt_slice(
			method_of(EVHTTP_REAL(library, evhttp_request_get_command)(span->req))),
		.target = lt_slice(EVHTTP_REAL(library, evhttp_request_get_uri)(span->req)),
		.scheme = lt_slice("http"),
		.version = version_of(library, span->req),
		.route = lt_slice(route),
		.peer = peer_of(library, span->req),
		.headers = &impl,
		.carrier = headers,
	};
	for (const struct evkeyval *header = headers->first; header; header = header->next)
		http_request_header(&facts, lt_slice(header->key), lt_slice(header->value));
	span->span = request_span_start(evhttp_family.tracer, &facts, &span->has_caller);
	evhttp_span_await(span);
}
