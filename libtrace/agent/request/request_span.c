/* SPDX-License-Identifier: Apache-2.0 */
#include "request/request_span.h"
#include "hook/agent.h"
#include "hook/completion.h"
#include "hook/follow.h"
#include "http/attribute.h"
#include "http/authority.h"
#include "http/http.h"
#include "http/url.h"
#include "util/slice.h"
#include <arpa/inet.h>
#include <libtrace/baggage.h>
#include <libtrace/semconv.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define NAME_MAX_BYTES 256 /* of "{method} {route}"; longer ones are cut */
#define ERROR_FROM 500	   /* on a server's span 4xx is the client's error */

/* --- what is known of a request ---------------------------------------------------------- */

/* The member for a header's value; NULL: none.  The names have six lengths. */
static struct lt_slice *member_of(struct http_request *request, struct lt_slice name)
{
	switch (name.len) {
	case 4:
		return lt_slice_is_word(name, "host") ? &request->host : NULL;
	case 9:
		return lt_slice_is_word(name, "forwarded") ? &request->forwarded : NULL;
	case 10:
		return lt_slice_is_word(name, "user-agent") ? &request->user_agent : NULL;
	case 15:
		return lt_slice_is_word(name, "x-forwarded-for") ? &request->x_for : NULL;
	case 16:
		return lt_slice_is_word(name, "x-forwarded-host") ? &request->x_host : NULL;
	case 17:
		return lt_slice_is_word(name, "x-forwarded-proto") ? &request->x_proto : NULL;
	default:
		return NULL;
	}
}

void http_request_take_header(
	struct http_request *request, struct lt_slice name, struct lt_slice value)
{
	struct lt_slice *member = member_of(request, name);

	/* The first of several is the one nearest to the client. */
	if (member && !member->ptr)
		*member = value;
}

struct peer {
	char text[INET6_ADDRSTRLEN];
	struct lt_slice address; /* of text; ptr NULL: none, as on a Unix socket */
	uint16_t port;
	const char *transport; /* NULL: the usual one of HTTP */
};

/* inet_ntop() for IPv4 without its sprintf().  Returns the end, without a NUL. */
static char *print_ipv4(const uint8_t bytes[4], char *out)
{
	for (int i = 0; i < 4; i++) {
		unsigned value = bytes[i];
		if (i > 0)
			*out++ = '.';
		if (value >= 100)
			*out++ = (char)('0' + value / 100);
		if (value >= 10)
			*out++ = (char)('0' + value / 10 % 10);
		*out++ = (char)('0' + value % 10);
	}
	return out;
}

static void read_peer(const struct sockaddr *address, struct peer *ret_peer)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

	ret_peer->address = (struct lt_slice){0};
	ret_peer->port = 0;
	ret_peer->transport = NULL;
	if (!address)
		return;
	if (address->sa_family == AF_INET) {
		const char *end = print_ipv4((const uint8_t *)&in->sin_addr, ret_peer->text);
		ret_peer->address =
			(struct lt_slice){ret_peer->text, (size_t)(end - ret_peer->text)};
		ret_peer->port = ntohs(in->sin_port);
	} else if (address->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, ret_peer->text, sizeof(ret_peer->text));
		ret_peer->address = lt_slice(ret_peer->text);
		ret_peer->port = ntohs(in6->sin6_port);
	} else if (address->sa_family == AF_UNIX) {
		ret_peer->transport = "unix";
	}
}

static struct lt_slice cut(struct lt_slice text)
{
	if (text.len > URL_MAX_BYTES)
		text.len = URL_MAX_BYTES;
	return text;
}

/* Empty values count as absent. */
static struct lt_slice if_any(struct lt_slice text)
{
	return text.len ? cut(text) : (struct lt_slice){0};
}

/* --- the start --------------------------------------------------------------------------- */

void request_span_arrive(void)
{
	completion_leave();
	follow_leave_thread();
}

/* "{method} {route}", in name. */
static struct lt_slice print_name(
	char name[NAME_MAX_BYTES], struct lt_slice method, struct lt_slice route)
{
	char *end = mempcpy(name, method.ptr, method.len); /* 32 bytes at most */

	*end++ = ' ';
	size_t room = (size_t)(name + NAME_MAX_BYTES - end);
	end = mempcpy(end, route.ptr, route.len < room ? route.len : room);
	return (struct lt_slice){name, (size_t)(end - name)};
}

/* Path and query are already in the form that the span may show. */
static struct lt_span *start(struct lt_tracer *tracer, const struct http_request *request,
	const struct http_target *target, const struct lt_span_context *parent)
{
	struct http_forwarded original = {0};
	if (request->forwarded.ptr || request->x_for.ptr || request->x_host.ptr ||
		request->x_proto.ptr)
		original = http_forwarded(
			request->forwarded, request->x_for, request->x_host, request->x_proto);
	const struct http_method method = http_method(request->method);
	const struct lt_slice route = if_any(request->route);
	struct lt_slice scheme = original.proto.len ? original.proto : target->scheme;
	if (!scheme.len)
		scheme = request->scheme;
	/* A target's host takes precedence over the Host header: RFC 9112, section 3.2.2. */
	struct http_authority server = http_authority(original.host.len	      ? original.host
						      : target->authority.len ? target->authority
									      : request->host);
	if (!server.host.len)
		server.port = 0;
	else if (!server.port)
		server.port = scheme.len == strlen("https") ? 443 : 80;
	struct peer peer;
	read_peer(request->peer, &peer);

	const struct lt_attr attrs[] = {
		attr_strn(LT_HTTP_REQUEST_METHOD, method.name),
		attr_strn(LT_HTTP_REQUEST_METHOD_ORIGINAL, method.original),
		attr_strn(LT_URL_PATH, target->path),
		attr_strn(LT_URL_QUERY, target->query),
		attr_strn(LT_URL_SCHEME, scheme),
		attr_strn(LT_HTTP_ROUTE, route),
		attr_strn(LT_USER_AGENT_ORIGINAL, cut(request->user_agent)),
		attr_strn(LT_NETWORK_PROTOCOL_VERSION, request->version),
		attr_strn(LT_SERVER_ADDRESS, if_any(server.host)),
		attr_int(LT_SERVER_PORT, server.port),
		attr_strn(LT_NETWORK_PEER_ADDRESS, peer.address),
		attr_int(LT_NETWORK_PEER_PORT, peer.port),
		attr_str(LT_NETWORK_TRANSPORT, peer.transport),
		attr_strn(LT_CLIENT_ADDRESS, original.client.len ? original.client : peer.address),
	};
	char name[NAME_MAX_BYTES];
	return lt_span_start_named(tracer,
		route.len ? print_name(name, method.span_name, route) : method.span_name,
		&(struct lt_span_options){
			.parent = parent,
			.root = !parent,
			.kind = LT_KIND_SERVER,
			.start_ns = request->start_ns,
			.attrs = attrs,
			.n_attrs = sizeof(attrs) / sizeof(attrs[0]),
		});
}

/* Not inlined: 8 KB in the caller's frame would evict the rest from the L1 cache. */
__attribute__((noinline)) static struct lt_span *start_redacted(struct lt_tracer *tracer,
	const struct http_request *request, struct http_target target,
	const struct lt_span_context *parent)
{
	char redacted[URL_REDACTED_MAX(URL_MAX_BYTES)];

	target.query = (struct lt_slice){redacted, url_redact_query(target.query, redacted)};
	return start(tracer, request, &target, parent);
}

static struct lt_span *start_any(struct lt_tracer *tracer, const struct http_request *request,
	const struct http_target *target, const struct lt_span_context *parent)
{
	if (url_query_has_secrets(target->query))
		return start_redacted(tracer, request, *target, parent);
	return start(tracer, request, target, parent);
}

struct lt_span *request_span_start(
	struct lt_tracer *tracer, const struct http_request *request, bool *ret_has_caller)
{
	struct http_target target = http_target(request->target);
	struct lt_span_context caller;
	struct lt_baggage *baggage = NULL;
	struct lt_scope scope;

	*ret_has_caller = false;
	if (lt_suppressed() || settings_exclude(target.path.ptr ? target.path : lt_slice("")))
		return NULL;
	target.path = cut(target.path);
	target.query = cut(target.query);
	*ret_has_caller =
		lt_extract_with_baggage(request->headers, request->carrier, &caller, &baggage) == 0;
	const struct lt_span_context *parent = *ret_has_caller ? &caller : NULL;
	if (!baggage)
		return start_any(tracer, request, &target, parent);
	/* The span keeps what is current when it starts: it is so again wherever the span is. */
	lt_scope_enter_baggage(&scope, baggage);
	struct lt_span *span = start_any(tracer, request, &target, parent);
	lt_scope_leave(&scope);
	lt_baggage_release(baggage);
	return span;
}

/* --- the answer -------------------------------------------------------------------------- */

static void set_name(struct lt_span *span, struct lt_slice method, struct lt_slice route)
{
	char name[NAME_MAX_BYTES + 1];
	struct lt_slice printed = print_name(name, http_method(method).span_name, route);

	name[printed.len] = '\0';
	lt_span_set_name(span, name);
}

void request_span_answered_at(struct lt_span *span, struct lt_slice method, struct lt_slice route,
	int status, const char *error)
{
	char code[4];

	if (!lt_span_is_recording(span))
		return;
	status = http_status(status);
	route = if_any(route);
	if (route.len)
		set_name(span, method, route);
	/* An error status is more specific than an incomplete response. */
	const char *type = http_error_type(status, ERROR_FROM, code);
	if (!type)
		type = error;
	lt_span_set(span, LT_ATTRS(attr_strn(LT_HTTP_ROUTE, route),
				  attr_int(LT_HTTP_RESPONSE_STATUS_CODE, status),
				  attr_str(LT_ERROR_TYPE, type)));
	if (type)
		lt_span_status(span, LT_STATUS_ERROR, NULL);
}

void request_span_answered(struct lt_span *span, int status, const char *error)
{
	request_span_answered_at(span, (struct lt_slice){0}, (struct lt_slice){0}, status, error);
}

bool request_trace_headers(
	const struct lt_span *span, bool has_caller, struct http_trace_headers *ret_headers)
{
	const struct lt_span_context context = lt_span_get_context(span);

	if (agent.response_headers == RESPONSE_HEADERS_NONE ||
		(agent.response_headers == RESPONSE_HEADERS_EDGE && has_caller))
		return false;
	/* A remote context is the caller's own, propagated by a disabled SDK: it has no response
	 * header. */
	if (!lt_span_context_is_valid(&context) || context.remote)
		return false;
	char *traceresponse = stpcpy(ret_headers->server_timing, "trace;desc=");
	lt_traceparent_print(&context, traceresponse);
	ret_headers->traceresponse = traceresponse;
	return true;
}
