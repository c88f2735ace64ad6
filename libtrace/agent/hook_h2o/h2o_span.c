/* SPDX-License-Identifier: Apache-2.0 */
/* Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
#include "hook_h2o/h2o_span.h"
#include "hook/agent.h"
#include "hook/hook.h"
#include "http/attribute.h"
#include "http/authority.h"
#include "http/http.h"
#include "http/url.h"
#include <arpa/inet.h>
#include <libtrace/semconv.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define NAME_MAX_BYTES 256 /* of "{method} {route}"; longer ones are cut */
#define ERROR_FROM 500	   /* on a server's span 4xx is the client's error */

static bool get_header(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const h2o_headers_t *headers = carrier;
	size_t len = strlen(key);

	for (size_t i = 0; i < headers->size; i++) {
		if (h2o_header_is(&headers->entries[i], key, len) && index-- == 0) {
			*ret_value = h2o_slice(headers->entries[i].value);
			return true;
		}
	}
	return false;
}

/* The request headers used for attributes; ptr NULL: absent. */
struct facts {
	struct lt_slice user_agent, forwarded, x_for, x_host, x_proto;
};

/* The member for a header's value; NULL: none.  The names have five lengths. */
static struct lt_slice *fact_of(struct facts *facts, const h2o_header_t *header)
{
	switch (header->name->len) {
	case 9:
		return h2o_header_is(header, "forwarded", 9) ? &facts->forwarded : NULL;
	case 10:
		return h2o_header_is(header, "user-agent", 10) ? &facts->user_agent : NULL;
	case 15:
		return h2o_header_is(header, "x-forwarded-for", 15) ? &facts->x_for : NULL;
	case 16:
		return h2o_header_is(header, "x-forwarded-host", 16) ? &facts->x_host : NULL;
	case 17:
		return h2o_header_is(header, "x-forwarded-proto", 17) ? &facts->x_proto : NULL;
	default:
		return NULL;
	}
}

static void read_headers(const h2o_headers_t *headers, struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	for (size_t i = 0; i < headers->size; i++) {
		const h2o_header_t *header = &headers->entries[i];
		struct lt_slice *fact = fact_of(facts, header);
		/* The first of several is the one nearest to the client. */
		if (fact && !fact->ptr)
			*fact = h2o_slice(header->value);
	}
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

static void read_peer(h2o_conn_t *conn, struct peer *ret_peer)
{
	struct sockaddr_storage storage;

	ret_peer->address = (struct lt_slice){0};
	ret_peer->port = 0;
	ret_peer->transport = NULL;
	if (!conn->callbacks->get_peername ||
		conn->callbacks->get_peername(conn, (struct sockaddr *)&storage) == 0)
		return;
	if (storage.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&storage;
		const char *end = print_ipv4((const uint8_t *)&in->sin_addr, ret_peer->text);
		ret_peer->address =
			(struct lt_slice){ret_peer->text, (size_t)(end - ret_peer->text)};
		ret_peer->port = ntohs(in->sin_port);
	} else if (storage.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&storage;
		inet_ntop(AF_INET6, &in6->sin6_addr, ret_peer->text, sizeof(ret_peer->text));
		ret_peer->address = lt_slice(ret_peer->text);
		ret_peer->port = ntohs(in6->sin6_port);
	} else if (storage.ss_family == AF_UNIX) {
		ret_peer->transport = "unix";
	}
}

static struct lt_slice cut(struct lt_slice text)
{
	if (text.len > URL_MAX_BYTES)
		text.len = URL_MAX_BYTES;
	return text;
}

static uint64_t arrival_ns(const h2o_req_t *req)
{
	const struct timeval *at = &req->timestamps.request_begin_at;

	return (uint64_t)at->tv_sec * 1000000000 + (uint64_t)at->tv_usec * 1000;
}

/* Empty values count as absent. */
static struct lt_slice if_any(struct lt_slice text)
{
	return text.len ? cut(text) : (struct lt_slice){0};
}

/* Path and query are already in the form that the span may show. */
static struct lt_span *start(h2o_req_t *req, const struct http_target *target,
	const struct lt_span_context *parent, bool from_arrival)
{
	struct facts facts;
	read_headers(&req->headers, &facts);
	struct http_forwarded original = {0};
	if (facts.forwarded.ptr || facts.x_for.ptr || facts.x_host.ptr || facts.x_proto.ptr)
		original =
			http_forwarded(facts.forwarded, facts.x_for, facts.x_host, facts.x_proto);
	const struct http_method method = http_method(h2o_slice(req->input.method));
	struct lt_slice scheme = original.proto;
	if (!scheme.len)
		scheme = target->scheme;
	if (!scheme.len && req->input.scheme)
		scheme = h2o_slice(req->input.scheme->name);
	/* A target's host takes precedence over the Host header: RFC 9112, section 3.2.2. */
	struct http_authority server =
		http_authority(original.host.len       ? original.host
			       : target->authority.len ? target->authority
						       : h2o_slice(req->input.authority));
	if (!server.host.len)
		server.port = 0;
	else if (!server.port)
		server.port = scheme.len == 5 ? 443 : 80;
	struct peer peer;
	read_peer(req->conn, &peer);

	const struct lt_attr attrs[] = {
		attr_strn(LT_HTTP_REQUEST_METHOD, method.name),
		attr_strn(LT_HTTP_REQUEST_METHOD_ORIGINAL, method.original),
		attr_strn(LT_URL_PATH, target->path),
		attr_strn(LT_URL_QUERY, target->query),
		attr_strn(LT_URL_SCHEME, scheme),
		attr_strn(LT_USER_AGENT_ORIGINAL, cut(facts.user_agent)),
		attr_strn(LT_NETWORK_PROTOCOL_VERSION, http_version(req->version)),
		attr_strn(LT_SERVER_ADDRESS, if_any(server.host)),
		attr_int(LT_SERVER_PORT, server.port),
		attr_strn(LT_NETWORK_PEER_ADDRESS, peer.address),
		attr_int(LT_NETWORK_PEER_PORT, peer.port),
		attr_str(LT_NETWORK_TRANSPORT, peer.transport),
		attr_strn(LT_CLIENT_ADDRESS, original.client.len ? original.client : peer.address),
	};
	return lt_span_start_named(h2o_family.tracer, method.span_name,
		&(struct lt_span_options){
			.parent = parent,
			.root = !parent,
			.kind = LT_KIND_SERVER,
			.start_ns = from_arrival ? arrival_ns(req) : 0,
			.attrs = attrs,
			.n_attrs = sizeof(attrs) / sizeof(attrs[0]),
		});
}

/* Not inlined: 8 KB in the caller's frame would evict the rest from the L1 cache. */
__attribute__((noinline)) static struct lt_span *start_redacted(h2o_req_t *req,
	struct http_target target, const struct lt_span_context *parent, bool from_arrival)
{
	char redacted[URL_REDACTED_MAX(URL_MAX_BYTES)];

	target.query = (struct lt_slice){redacted, url_redact_query(target.query, redacted)};
	return start(req, &target, parent, from_arrival);
}

static struct lt_span *start_any(h2o_req_t *req, struct http_target target,
	const struct lt_span_context *parent, bool from_arrival)
{
	if (url_query_has_secrets(target.query))
		return start_redacted(req, target, parent, from_arrival);
	return start(req, &target, parent, from_arrival);
}

/* The span keeps what is current when it starts: it is so again wherever the span is.  Takes the
 * baggage. */
static struct lt_span *start_with_baggage(h2o_req_t *req, struct http_target target,
	const struct lt_span_context *parent, bool from_arrival, struct lt_baggage *baggage)
{
	struct lt_scope scope;

	lt_scope_enter_baggage(&scope, baggage);
	struct lt_span *span = start_any(req, target, parent, from_arrival);
	lt_scope_leave(&scope);
	lt_baggage_release(baggage);
	return span;
}

struct lt_span *h2o_span_start(h2o_req_t *req, bool from_arrival, bool *ret_has_caller)
{
	static const struct lt_carrier_impl headers = {.get = get_header};
	struct http_target target = http_target(h2o_slice(req->input.path));
	struct lt_span_context caller;
	struct lt_baggage *baggage;

	if (settings_exclude(target.path.ptr ? target.path : lt_slice("")))
		return NULL;
	target.path = cut(target.path);
	target.query = cut(target.query);
	*ret_has_caller = lt_extract_with_baggage(&headers, &req->headers, &caller, &baggage) == 0;
	const struct lt_span_context *parent = *ret_has_caller ? &caller : NULL;
	if (baggage)
		return start_with_baggage(req, target, parent, from_arrival, baggage);
	return start_any(req, target, parent, from_arrival);
}

/* The path that the program registered; "" for none (h2o's fallback, or no handler was called). */
static struct lt_slice route_of(const h2o_req_t *req)
{
	if (!req->pathconf || !req->hostconf || req->pathconf == &req->hostconf->fallback_path)
		return (struct lt_slice){0};
	struct lt_slice route = h2o_slice(req->pathconf->path);
	if (route.len > 1 && route.ptr[route.len - 1] == '/')
		route.len--;
	return route;
}

/* "{method} {route}" */
static void set_name(struct lt_span *span, h2o_iovec_t method, struct lt_slice route)
{
	char name[NAME_MAX_BYTES];
	const struct lt_slice verb =
		http_method(h2o_slice(method)).span_name; /* 32 bytes at most */
	char *end = mempcpy(name, verb.ptr, verb.len);
	*end++ = ' ';
	size_t room = (size_t)(name + sizeof(name) - 1 - end);
	end = mempcpy(end, route.ptr, route.len < room ? route.len : room);
	*end = '\0';
	lt_span_set_name(span, name);
}

void h2o_span_describe(struct lt_span *span, const h2o_req_t *req, int status, const char *error)
{
	if (!lt_span_is_recording(span))
		return;
	const struct lt_slice route = if_any(route_of(req));
	char code[4];
	/* An error status is more specific than an incomplete response. */
	const char *type = http_error_type(status, ERROR_FROM, code);
	if (!type)
		type = error;
	if (route.len)
		set_name(span, req->input.method, route);
	lt_span_set(span, LT_ATTRS(attr_strn(LT_HTTP_ROUTE, route),
				  attr_int(LT_HTTP_RESPONSE_STATUS_CODE, status),
				  attr_str(LT_ERROR_TYPE, type)));
	if (type)
		lt_span_status(span, LT_STATUS_ERROR, NULL);
}
